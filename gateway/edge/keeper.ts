/** Services of one kind, each living on over reloads as long as its own settings stay what they are. */
export interface Keeper<S> {
  /** The service of these settings: the one that runs already, or a new one. Nothing is ended here. */
  of<Settings>(settings: Settings, open: (settings: Settings) => S): S;
  /** Ends all but that one: after a swap the new one, after a refused config the one that runs. */
  retain(service: S | undefined): void;
}

/** @param close ends a service that holds more than memory. */
export function createKeeper<S>(close: (service: S) => void = () => {}): Keeper<S> {
  let entries: readonly { readonly settings: string; readonly service: S }[] = [];
  return {
    of(settings, open) {
      const text = JSON.stringify(settings);
      const found = entries.find(entry => entry.settings === text);
      if (found !== undefined) return found.service;
      const service = open(settings);
      entries = [...entries, { settings: text, service }];
      return service;
    },
    retain(service) {
      for (const entry of entries) if (entry.service !== service) close(entry.service);
      entries = entries.filter(entry => entry.service === service);
    },
  };
}
