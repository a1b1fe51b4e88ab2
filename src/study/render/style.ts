/** The look of a report's HTML, in light and dark. */
export const reportStyle = `
:root {
  color-scheme: light dark;
  --ground: #fff; --text: #1c2024; --soft: #5b6570; --line: #d9dee3; --stripe: #f5f7f9; --link: #0b5cad;
  --good: #116329; --good-ground: #dcf5e3; --off: #8a3b00; --off-ground: #ffe8d5; --open: #4b5560; --open-ground: #e8ebee;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181c; --text: #e4e8ec; --soft: #9aa5b0; --line: #333b44; --stripe: #1b2127; --link: #7db7f5;
    --good: #7ee2a0; --good-ground: #12361f; --off: #ffb98a; --off-ground: #442209; --open: #b9c2cb; --open-ground: #2a3138;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0.5rem 0 1rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 0.75rem; padding-top: 0.5rem; border-top: 1px solid var(--line); }
p { max-width: 46rem; margin: 0.6rem 0; }
a { color: var(--link); }
nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; font-size: 0.92rem; }
code, pre { font: 0.88em/1.45 ui-monospace, monospace; }
code { background: var(--stripe); padding: 0.1em 0.3em; border-radius: 3px; }
pre { background: var(--stripe); border: 1px solid var(--line); border-radius: 6px; padding: 1rem; overflow: auto; max-height: 40rem; }
summary { cursor: pointer; }
figure { margin: 1.25rem 0 1.75rem; }
figcaption { color: var(--soft); font-size: 0.92rem; margin-top: 0.5rem; max-width: 46rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.92rem; }
th, td { padding: 0.4rem 0.8rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); white-space: nowrap; }
thead th { border-bottom: 2px solid var(--line); font-weight: 600; }
tbody th { font-weight: 500; }
tbody tr:nth-child(even) { background: var(--stripe); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.words { white-space: normal; min-width: 18rem; }
.why { color: var(--soft); font-size: 0.88rem; }
.drawing { display: block; max-width: 100%; height: auto; background: #fff; border-radius: 4px; }
.badge { display: inline-block; padding: 0.05rem 0.55rem; border-radius: 1rem; font-size: 0.85rem; font-weight: 600; }
.good { color: var(--good); background: var(--good-ground); }
.off { color: var(--off); background: var(--off-ground); }
.open { color: var(--open); background: var(--open-ground); }
footer { margin-top: 3rem; color: var(--soft); font-size: 0.88rem; }
@page { margin: 15mm; }
@media print { main { max-width: none; padding: 0; } .scroll { overflow: visible; } th, td { white-space: normal; padding: 0.2rem 0.35rem; font-size: 8pt; } h2 { break-after: avoid; } figure { break-inside: avoid; } }
`;
