/// How a treemap looks. The colours of layers come again after ``colours`` of them; text on each has a contrast of 4.5 to 1.
enum TreemapStyle {
    /// How many colours there are.
    static let colours = 8

    static let rules: StaticString = """
        :root {
          --layer-0: #d3e3f7; --layer-1: #fbe3c6; --layer-2: #d5efd4; --layer-3: #f6d5dd;
          --layer-4: #e4dcf5; --layer-5: #f4efb8; --layer-6: #cfeeee; --layer-7: #e3e3e3;
          --edge: #5a6570;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --layer-0: #1d3a5f; --layer-1: #5a3a14; --layer-2: #1e4a24; --layer-3: #5b2433;
            --layer-4: #3f3066; --layer-5: #4a4410; --layer-6: #144a4c; --layer-7: #3a3f45;
            --edge: #8b96a1;
          }
        }
        h3 { font-size: 1.05rem; margin: 1.5rem 0 0.25rem; }
        .layer-0 { background: var(--layer-0); } .layer-1 { background: var(--layer-1); }
        .layer-2 { background: var(--layer-2); } .layer-3 { background: var(--layer-3); }
        .layer-4 { background: var(--layer-4); } .layer-5 { background: var(--layer-5); }
        .layer-6 { background: var(--layer-6); } .layer-7 { background: var(--layer-7); }
        .swatch {
          display: inline-block; width: 0.9em; height: 0.9em; margin-right: 0.4em;
          border: 1px solid var(--edge); vertical-align: -0.1em;
        }
        .legend { list-style: none; padding: 0; margin: 0.5rem 0; display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; }
        .way { margin: 0.25rem 0; display: flex; flex-wrap: wrap; gap: 0.25rem; align-items: center; }
        .way button {
          font: inherit; color: var(--link); background: none; border: 1px solid var(--line);
          border-radius: 0.25rem; padding: 0.1rem 0.5rem; cursor: pointer; max-width: 100%;
        }
        .tiles { position: relative; width: 100%; height: min(70vh, 32rem); border: 1px solid var(--edge); }
        .tile {
          position: absolute; display: block; overflow: hidden; margin: 0; padding: 0; text-align: left;
          color: var(--ink); border: 1px solid var(--edge); border-radius: 0;
          font: 0.8rem/1.2 system-ui, sans-serif; cursor: default;
        }
        .part {
          position: absolute; overflow: hidden; border: 1px solid var(--edge); font-weight: 400; pointer-events: none;
        }
        .tile span { position: absolute; left: 0.3rem; top: 0.15rem; right: 0.3rem; }
        .tile.directory { cursor: pointer; font-weight: 600; }
        .tile:focus-visible { z-index: 1; outline-offset: -3px; }
        .told { min-height: 1.5em; }

        """
}
