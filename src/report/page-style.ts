/** The style of a page of duplicates, light and dark. Chromium knows match-parent by its own name only. */
export const STYLE = `
:root { color-scheme: light dark; --line: #d8dbe0; --soft: #5b6472; --head: #f3f4f6; --bad: #b91c1c; --mark: #9a3412; }
@media (prefers-color-scheme: dark) { :root { --line: #374151; --soft: #9ca3af; --head: #1f2937; --bad: #f87171; --mark: #fdba74; } }
body { margin: 0; font: 15px/1.45 system-ui, sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin: 2rem 0 .25rem; }
p { overflow-wrap: anywhere; margin: .25rem 0 .75rem; }
.bad { color: var(--bad); } .more { color: var(--soft); } div.more, .differs { font-weight: 400; text-align: -webkit-match-parent; text-align: match-parent; } div.more { font-size: .85rem; } .differs { color: var(--mark); }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 1rem 0; } dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
section { border: 1px solid var(--line); border-radius: 6px; margin: 0 0 1rem; overflow: hidden; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
th, td { text-align: start; vertical-align: top; padding: .4rem .7rem; overflow-wrap: anywhere; }
th[dir], td[dir] { white-space: pre-line; }
th { background: var(--head); font-weight: 600; } tbody tr { border-top: 1px solid var(--line); }
.value { width: 4rem; font-variant-numeric: tabular-nums; } .place { width: 14rem; font-family: ui-monospace, monospace; font-size: .85rem; color: var(--soft); }
@media (max-width: 40rem) {
  thead, tbody, tr, th, td { display: block; } tr { padding: .4rem .7rem; } thead tr { background: var(--head); }
  th, td { padding: 0; } th { background: none; } .value, .place { display: inline; width: auto; } .value { margin-inline-end: .7rem; } td:empty { display: none; }
}
`;
