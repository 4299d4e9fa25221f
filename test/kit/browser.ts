import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** A browser without a network of its own; tests that use it skip where `isMissing('chromium')`. */
export interface OpenedBrowser extends AsyncDisposable {
  /** A page in a profile of its own, closed with the browser. */
  open(options?: PageOptions): Promise<OpenedPage>;
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
  readonly isScriptOff?: boolean;
  /** Sent with every request of the page. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A page, and what went wrong on it: errors of scripts, violations of its policy, dialogs that scripts opened. */
export interface OpenedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly faults: readonly string[];
}

/** A page at that address; disposing of it closes its profile, and fails if something went wrong on it. */
export async function showPage(
  browser: OpenedBrowser,
  url: string,
  options?: PageOptions,
): Promise<OpenedPage & AsyncDisposable> {
  const opened = await browser.open(options);
  await opened.page.goto(url);
  return {
    ...opened,
    async [Symbol.asyncDispose]() {
      await opened.context.close();
      if (opened.faults.length > 0) throw new Error(`on the page: ${opened.faults.join('; ')}`);
    },
  };
}

export async function openBrowser(): Promise<OpenedBrowser> {
  const browser: Browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    // Root has no user namespace to put a sandbox in.
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  return {
    async open({ width = 1280, height = 900, scheme = 'light', isScriptOff = false, headers } = {}) {
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: scheme,
        reducedMotion: 'reduce',
        javaScriptEnabled: !isScriptOff,
        ...(headers === undefined ? {} : { extraHTTPHeaders: { ...headers } }),
      });
      const page = await context.newPage();
      const faults: string[] = [];
      page.on('pageerror', error => faults.push(`script: ${error.message}`));
      page.on('dialog', dialog => {
        faults.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on('console', message => {
        const text = message.text();
        if (/content security policy|trusted ?type/i.test(text)) faults.push(`policy: ${text}`);
      });
      return { page, context, faults };
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}
