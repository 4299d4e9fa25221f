/** How the report looks: one column on a phone, both answers side by side beyond. */
export const style = `
:root { --ink: #1d1f24; --soft: #5b6270; --paper: #fff; --line: #d8dce3; --mark: #ffe08a; --good: #17703a; --bad: #b3261e; --wait: #8a5a00; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8ec; --soft: #a2a9b6; --paper: #16181d; --line: #343944; --mark: #6b5200; --good: #63c98a; --bad: #ff8a80; --wait: #f0b849; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: .95rem; margin: 1rem 0 .25rem; overflow-wrap: anywhere; } h4 { margin: 0 0 .25rem; font-size: .9rem; }
small, caption, .more, summary .number { color: var(--soft); }
.state { padding: 0 .5rem; border: 2px solid; border-radius: .4rem; }
.ready { color: var(--good); } .blocked { color: var(--bad); } .pending { color: var(--wait); }
code, pre { font: 13px/1.45 ui-monospace, monospace; } code { overflow-wrap: anywhere; }
pre { margin: 0 0 .5rem; padding: .5rem; border: 1px solid var(--line); border-radius: .4rem; overflow: auto; max-height: 30rem; white-space: pre-wrap; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: .25rem 0 .75rem; } caption { text-align: left; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.facts { display: grid; gap: 0 2rem; align-items: start; } .facts th { width: 7rem; font-weight: 600; }
.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.finding > table { min-width: 40rem; }
th { overflow-wrap: normal; }
.finding { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; margin: 0 0 .6rem; overflow-x: auto; }
summary { cursor: pointer; } summary:focus-visible { outline: 2px solid; outline-offset: 3px; }
mark { background: var(--mark); color: inherit; border-radius: .2rem; box-shadow: 0 0 0 2px var(--mark); }
.sides { display: grid; gap: .75rem; } .sides > div { min-width: 0; }
@media (min-width: 48rem) { .sides { grid-template-columns: 1fr 1fr; } .facts { grid-template-columns: 3fr 2fr; } }
`;
