// The panel's look, in the colours of the page's theme.

export const sheet = new CSSStyleSheet();

sheet.replaceSync(`
:host {
  --text: var(--input-text, #ddd);
  --dim: var(--descrip-text, #999);
  --ground: var(--comfy-input-bg, #222);
  --line: var(--border-color, #4e4e4e);
  --bar: #5b8def;
  --mark: #e8962e;
  display: block;
  width: 100%;
  height: 100%;
  font: 11px/14px Inter, system-ui, sans-serif;
  color: var(--text);
}
* { box-sizing: border-box; }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; text-align: left; }
:focus-visible { outline: 2px solid var(--bar); outline-offset: -1px; }
[hidden] { display: none !important; }

.panel { display: flex; flex-direction: column; gap: 6px; height: 100%; min-height: 0; overflow: hidden; }
.head { display: flex; gap: 6px; height: 20px; align-items: center; padding: 0 4px; flex: none; border-radius: 4px; }
.head:hover { background: var(--ground); }
.summary { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--dim); }
.meter { height: 3px; flex: none; background: var(--ground); border-radius: 2px; overflow: hidden; margin-top: -4px; }
.meter i { display: block; height: 100%; background: var(--bar); }

.thumbs {
  display: grid; gap: 4px; align-content: start; flex: 1 1 0; min-height: 0; overflow: hidden auto;
  grid-template-columns: repeat(auto-fill, minmax(58px, 1fr)); scrollbar-width: thin;
}
.thumb { position: relative; display: flex; flex-direction: column; gap: 2px; border-radius: 4px; padding: 2px; }
.thumb:hover { background: var(--ground); }
.frame {
  display: block; position: relative; aspect-ratio: 1; border-radius: 3px; overflow: hidden; background: var(--ground);
  border: 1px solid var(--line);
}
.frame img { width: 100%; height: 100%; object-fit: contain; display: block; }
.frame.bare::after { content: attr(data-rank); position: absolute; inset: 0; display: grid; place-items: center; color: var(--dim); }
.pulls .frame { border: 2px solid var(--mark); }
.share {
  position: absolute; right: 3px; top: 3px; padding: 0 3px; border-radius: 3px; font-size: 10px; line-height: 13px;
  background: var(--mark); color: #1b1206; font-weight: 600;
}
.bar { display: block; height: 4px; border-radius: 2px; background: var(--ground); overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--bar); border-radius: 2px; }
.pulls .bar i { background: var(--mark); }
.reward { text-align: center; font-variant-numeric: tabular-nums; white-space: nowrap; overflow: hidden; }

.plots { display: flex; gap: 8px; flex: none; height: 74px; padding: 0 4px; }
figure { margin: 0; flex: 1; min-width: 0; display: flex; flex-direction: column; }
figcaption { display: flex; justify-content: space-between; gap: 4px; white-space: nowrap; overflow: hidden; }
figcaption span:first-child { min-width: 0; overflow: hidden; text-overflow: ellipsis; }
figcaption span:last-child { color: var(--dim); font-variant-numeric: tabular-nums; }
svg { width: 100%; flex: 1; min-height: 0; background: var(--ground); border-radius: 3px; overflow: visible; padding: 2px; }
.axis { display: flex; justify-content: space-between; color: var(--dim); font-size: 10px; line-height: 12px; }
.mean { fill: none; stroke: var(--bar); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.range { fill: var(--bar); opacity: 0.25; }
.alone { fill: currentColor; opacity: 0.08; }

.cost { display: flex; flex: none; height: 46px; margin: 0 4px; border-top: 1px solid var(--line); padding-top: 2px; }
.cost div { flex: 1; min-width: 0; padding-right: 4px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.cost b { font-weight: 600; font-variant-numeric: tabular-nums; display: block; }
.cost span { color: var(--dim); display: block; overflow: hidden; text-overflow: ellipsis; }
.off { flex: none; color: var(--dim); padding: 0 4px; height: 28px; overflow: hidden; }
  .missed { flex: none; color: var(--dim); padding: 0 4px; height: 58px; overflow: hidden; }

.menu {
  position: fixed; margin: 0; inset: auto; padding: 4px; border: 1px solid var(--line); border-radius: 6px;
  background: var(--comfy-menu-bg, #353535); color: var(--text); box-shadow: 0 4px 16px #0006; font-size: 13px;
}
.menu button { display: block; width: 100%; padding: 5px 10px; border-radius: 4px; white-space: nowrap; }
.menu button:hover, .menu button:focus-visible { background: var(--ground); }

dialog {
  border: 1px solid var(--line); border-radius: 8px; padding: 12px; background: var(--comfy-menu-bg, #353535);
  color: var(--text); font-size: 13px; line-height: 18px; max-width: 90vw; max-height: 92vh; overflow: auto;
}
dialog:focus { outline: none; }
dialog::backdrop { background: #000a; }
dialog img { display: block; width: min(70vh, 80vw); height: min(70vh, 80vw); object-fit: contain; background: var(--ground); }
dialog .facts { margin: 8px 0; max-width: min(70vh, 80vw); overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
dialog .dim { color: var(--dim); }
dialog .actions { display: flex; gap: 6px; flex-wrap: wrap; }
dialog .actions button { padding: 4px 10px; border: 1px solid var(--line); border-radius: 5px; background: var(--ground); }
dialog .actions .last { margin-left: auto; }
`);
