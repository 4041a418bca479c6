/** Colours are told apart by every kind of sight, and none of them stands without a word or a shape that says the same. */
const LIGHT = `--bg:#f4f5f7;--panel:#fff;--ink:#1b1f24;--soft:#59636e;--line:#dfe3e8;--tint:#eef1f4;
--good:#0b6b53;--bad:#b3261e;--doubt:#8a5a00;--idle:#59636e;--going:#0b5cad;
--cancel:#c2410c;--read:#0b6cad;--position:#6b5bbd;--fuse:#a21c6a;--ready:#7a8591`
const DARK = `--bg:#0e1116;--panel:#171b21;--ink:#e8ebef;--soft:#9aa4b0;--line:#2c333c;--tint:#1f252d;
--good:#4cc9a0;--bad:#ff8a7a;--doubt:#f2b84b;--idle:#9aa4b0;--going:#7ab8ff;
--cancel:#ff9b5c;--read:#5ab4f2;--position:#b3a4ff;--fuse:#f27bbd;--ready:#8a95a3`

/** Of the page and of a widget: whatever it dresses stands within `.ks`; `light` or `dark` there overrule the system's wish. */
export const STYLE = `
.ks{${LIGHT};color-scheme:light dark;background:var(--bg);color:var(--ink);margin:0;overflow-wrap:anywhere;
font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
@media (prefers-color-scheme:dark){.ks:not(.light){${DARK}}}
.ks.light{color-scheme:light}
.ks.dark{${DARK};color-scheme:dark}
.ks *{box-sizing:border-box}
body.ks{padding:24px 16px 48px}
body.ks>*{max-width:1080px;margin-left:auto;margin-right:auto}
.ks header{margin-bottom:16px}
.ks h1{font-size:22px;line-height:1.25;margin:0;letter-spacing:-.01em}
.ks header p{margin:4px 0 0;color:var(--soft)}
.ks .panel{container-type:inline-size;background:var(--panel);border:1px solid var(--line);border-radius:10px;
padding:20px 22px;margin:0 0 18px}
.ks h2{font-size:14px;font-weight:600;color:var(--soft);margin:0 0 10px}
.ks h3{font-size:13px;font-weight:600;color:var(--soft);margin:0 0 8px}
.ks .verdict{display:flex;gap:12px;align-items:flex-start}
.ks .verdict p{margin:0;font-size:18px;line-height:1.4}
.ks .verdict strong{color:var(--good)}.ks .bad>.verdict strong{color:var(--bad)}.ks .doubt>.verdict strong{color:var(--doubt)}
.ks .idle>.verdict strong{color:var(--idle)}.ks .going>.verdict strong{color:var(--going)}
.ks .sign{flex:none;width:26px;height:26px}
.ks .sign circle,.ks .sign polygon{fill:var(--idle)}
.ks .sign path{fill:none;stroke:var(--panel);stroke-width:2.4;stroke-linecap:round;stroke-linejoin:round}
.ks .sign.good circle{fill:var(--good)}.ks .sign.bad polygon{fill:var(--bad)}.ks .sign.doubt polygon{fill:var(--doubt)}
.ks .sign.going circle{fill:var(--going)}
.ks .sign .ring{fill:none;stroke:var(--idle);stroke-width:2.4}.ks .sign .dash{stroke:var(--idle)}
.ks ul{list-style:none;margin:14px 0 0;padding:0}
.ks li{margin:0}
.ks .warnings li{border-left:3px solid var(--doubt);padding:2px 0 2px 12px;margin:8px 0;font-size:14px}
.ks .warnings strong{color:var(--doubt)}
.ks .remarks li{color:var(--soft);font-size:14px}
.ks dl,.ks dd,.ks dt{margin:0}
.ks .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(104px,1fr));gap:1px;
border:1px solid var(--line);border-radius:8px;overflow:hidden;margin-top:18px}
.ks .tile{box-shadow:0 0 0 1px var(--line);padding:10px 12px;display:flex;flex-direction:column}
.ks .tile dd{font-size:20px;font-weight:600;line-height:1.2;white-space:nowrap}
.ks .tile dt{font-size:12px;color:var(--soft)}
.ks .tile.news dd{color:var(--bad)}
.ks section{margin-top:22px;min-width:0}
.ks .note{font-size:12.5px;color:var(--soft);margin:6px 0 0}
.ks .timeline svg,.ks .lapline{display:block;width:100%;height:auto;overflow:visible}
.ks .narrow{display:none;max-width:520px}
@container (max-width:640px){.ks .wide{display:none}.ks .narrow{display:block}}
.ks svg text{font-size:12px;fill:var(--soft)}
.ks svg .lane{fill:var(--ink)}
.ks .narrow .lane{paint-order:stroke;stroke:var(--panel);stroke-width:3px;stroke-linejoin:round}
.ks svg .flag{font-weight:600;fill:var(--ink)}
.ks svg .why{fill:var(--bad);font-size:11.5px}
.ks .rail{stroke:var(--line)}
.ks .init{fill:var(--tint)}
.ks .pause{stroke:var(--soft);stroke-width:1.4;stroke-dasharray:1 5;stroke-linecap:round}
.ks .zero{stroke:var(--ink);stroke-width:1.4}
.ks line.proof{stroke:var(--good);stroke-width:1.8}.ks line.end{stroke:var(--bad);stroke-width:1.8;stroke-dasharray:5 3}
.ks svg text.proof{fill:var(--good)}.ks svg text.end{fill:var(--bad)}
.ks .ready rect{fill:var(--ready)}.ks .other rect{fill:var(--soft)}.ks .cancel rect{fill:var(--cancel)}
.ks .read rect{fill:var(--read)}.ks .position rect{fill:var(--position)}.ks .fuse rect{fill:var(--fuse)}
.ks .ready rect.bad,.ks .other rect.bad,.ks .cancel rect.bad,.ks .read rect.bad,.ks .position rect.bad,
.ks .fuse rect.bad{fill:var(--panel);stroke:var(--bad);stroke-width:1.6}
.ks .cross{fill:none;stroke:var(--bad);stroke-width:1.6;stroke-linecap:round}
.ks .lapline .proven{fill:var(--good)}.ks .lapline .open{fill:var(--panel);stroke:var(--bad);stroke-width:1.6}
.ks .lapline .in{fill:var(--ink)}.ks .lapline .proven+.in{fill:var(--panel);font-weight:700}
.ks .details{columns:2 330px;column-gap:36px}
.ks .details section{break-inside:avoid;margin:0;padding-top:22px}
.ks .within{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:14px;margin-top:22px}
.ks .within .panel{margin:0;background:none}
.ks table{border-collapse:collapse;width:100%;font-size:13.5px;background:none}
.ks th,.ks td{text-align:left;padding:4px 14px 4px 0;border:0;border-bottom:1px solid var(--line);vertical-align:top;
font-weight:400;background:none;color:var(--ink)}
.ks thead th{color:var(--soft);font-size:12px}
.ks tr>:last-child{padding-right:0}
.ks .n{text-align:right;white-space:nowrap}
.ks .id{font-size:12.5px}
.ks .bars{table-layout:fixed}.ks .bars th{width:150px}.ks .bars td.n{width:56px}
.ks .bar{width:auto;vertical-align:middle}.ks .bar svg{display:block;width:100%;height:8px}.ks .bar rect{fill:var(--cancel)}
.ks .roads{table-layout:fixed}.ks .roads th[scope=row]{color:var(--soft)}
.ks .scroll{overflow-x:auto}
.ks .scroll th,.ks .scroll td{overflow-wrap:normal;white-space:nowrap}
.ks .scroll td.id{overflow-wrap:anywhere;white-space:normal;min-width:84px}
.ks .open-orders{color:var(--bad)}
.ks .laps td:last-child{width:100%}
.ks details{margin-top:8px;font-size:13.5px}
.ks summary{cursor:pointer;color:var(--soft)}
.ks details table{margin-top:6px}
.ks .facts{display:flex;flex-wrap:wrap;gap:8px 26px;margin-top:22px;padding-top:14px;border-top:1px solid var(--line)}
.ks .facts dt{font-size:12px;color:var(--soft)}
.ks .facts dd{font-size:13.5px}
.ks nav{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:8px 0;margin-bottom:18px}
.ks nav ol{list-style:none;margin:0;padding:0}
.ks nav a{display:flex;gap:10px;align-items:baseline;padding:4px 20px;color:var(--ink);text-decoration:none}
.ks nav a:hover,.ks nav a:focus-visible{background:var(--tint)}
.ks nav .sign{width:15px;height:15px;align-self:center}
.ks nav .word{flex:none;width:96px;font-weight:600;font-size:13px}
.ks nav .good .word{color:var(--good)}.ks nav .bad .word{color:var(--bad)}.ks nav .doubt .word{color:var(--doubt)}
@media (max-width:560px){body.ks{padding:14px 10px 32px}.ks .panel{padding:14px 14px}.ks .verdict p{font-size:16px}
.ks nav a{padding:4px 12px}.ks nav .word{width:86px}}
div.ks{padding:10px;min-height:100%}
.ks .press{margin:0 0 12px}
.ks .none{color:var(--soft)}
.ks .older{margin:0 0 8px;border-top:1px solid var(--line);padding-top:8px}
.ks .older summary{color:var(--ink)}.ks .older .sign{width:15px;height:15px;vertical-align:-2px}
.ks .older .panel{margin-top:8px}
@media print{.ks .panel{break-inside:avoid-page}}
`
