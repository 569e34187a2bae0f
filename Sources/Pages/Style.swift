/// The rules that all pages have. Colours are such that text has a contrast of 4.5 to 1 or more with what is behind it, light
/// or dark (WCAG 2.1, 1.4.3).
enum Style {
    static let common = """
        :root {
          color-scheme: light dark;
          --paper: #ffffff; --ink: #1b1f24; --quiet: #4f5861; --line: #c9d1d9; --shade: #f3f5f7;
          --link: #0a53a8; --focus: #0a53a8; --bad: #a40e26; --good: #0f6b2f;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #14181d; --ink: #e8ebee; --quiet: #a9b3bd; --line: #3d4650; --shade: #1e242b;
            --link: #86b9ff; --focus: #86b9ff; --bad: #ff9a9f; --good: #7fd696;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0 auto; max-width: 72rem; padding: 1rem;
          background: var(--paper); color: var(--ink);
          font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word;
        }
        h1 { font-size: 1.5rem; line-height: 1.25; margin: 0.5rem 0; }
        h2 { font-size: 1.2rem; margin: 2rem 0 0.5rem; }
        p { margin: 0.5rem 0; }
        a { color: var(--link); }
        h1, h2, summary, .path { overflow-wrap: anywhere; }
        code, pre, .path { font-family: ui-monospace, monospace; font-size: 0.9em; }
        pre {
          margin: 0.25rem 0; padding: 0.5rem; background: var(--shade);
          white-space: pre-wrap; overflow-wrap: anywhere;
        }
        .quiet { color: var(--quiet); }
        .bad { color: var(--bad); }
        .good { color: var(--good); }
        .scroll { overflow-x: auto; margin: 0.5rem 0; }
        table { border-collapse: collapse; width: 100%; }
        caption { text-align: left; color: var(--quiet); padding: 0.25rem 0; }
        th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; }
        th { border-bottom: 2px solid var(--line); white-space: nowrap; }
        td { border-bottom: 1px solid var(--line); }
        td.words { min-width: 9rem; }
        .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
        :focus-visible { outline: 3px solid var(--focus); outline-offset: 1px; }
        summary { cursor: pointer; }
        tr.above td { border-bottom: 0; }
        td ul { margin: 0.25rem 0; padding-left: 1.25rem; }
        @media (max-width: 37.5rem) {
          table, tbody, tr, caption { display: block; }
          thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          td, td.words, td.number {
            display: block; min-width: 0; padding: 0.1rem 0; border: 0; text-align: left; white-space: normal;
            overflow-wrap: anywhere;
          }
          td[data-title]::before { content: attr(data-title) ": "; color: var(--quiet); }
          td:empty { display: none; }
          tr { padding: 0.4rem 0; border-bottom: 1px solid var(--line); }
          tr.above { padding-bottom: 0; border-bottom: 0; }
        }

        """
}
