/** The built-in pages' style. All text has a contrast of at least 4.5 to 1 in both schemes (WCAG 2.2, 1.4.3). */
export const PAGE_STYLE = `
:root{--ground:#f3f5f8;--card:#fff;--edge:#e1e6ec;--ink:#17202b;--soft:#566172;--good:#0f7b4f;--bad:#b3261e;--stroke:#fff}
@media (prefers-color-scheme:dark){:root{--ground:#11161d;--card:#1a212b;--edge:#2b3542;--ink:#eef2f7;--soft:#a9b4c2;--good:#4fcf97;--bad:#ff8b80;--stroke:#11161d}}
*{box-sizing:border-box}
html{background:var(--ground)}
body{margin:0;min-height:100vh;min-height:100svh;display:flex;flex-direction:column;align-items:center;justify-content:center;padding:32px 20px;background:var(--ground);color:var(--ink);font:16px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
main{width:100%;max-width:30rem;padding:44px 40px;background:var(--card);border:1px solid var(--edge);border-radius:16px;text-align:center;overflow-wrap:anywhere;box-shadow:0 1px 2px rgb(16 24 40/.05),0 12px 32px rgb(16 24 40/.07)}
.logo{display:flex;justify-content:center;margin-bottom:32px}
.logo img,.logo svg{display:block;max-width:min(220px,100%);max-height:52px}
.mark{display:block;width:64px;height:64px;margin:0 auto 24px}
.mark circle{fill:var(--good)}
.bad .mark circle{fill:var(--bad)}
.mark path{fill:none;stroke:var(--stroke);stroke-width:3.5;stroke-linecap:round;stroke-linejoin:round}
h1{margin:0 0 10px;font-size:1.625rem;line-height:1.25;font-weight:650;letter-spacing:-.01em;overflow-wrap:normal;text-wrap:balance}
p{margin:0;color:var(--soft);text-wrap:balance}
p+p{margin-top:10px}
.next{color:var(--ink);font-weight:550}
.extra{margin-top:28px;padding-top:24px;border-top:1px solid var(--edge)}
details{margin-top:28px;padding-top:20px;border-top:1px solid var(--edge);text-align:start;font-size:.875rem}
summary{width:fit-content;color:var(--soft);cursor:pointer;border-radius:4px}
summary:focus-visible{outline:2px solid currentColor;outline-offset:3px}
details p{margin-top:10px;text-wrap:wrap}
footer{margin-top:24px;max-width:30rem;color:var(--soft);font-size:.8125rem;text-align:center;overflow-wrap:anywhere}
@media (max-width:30rem){body{padding:20px 16px}main{padding:32px 22px}h1{font-size:1.4375rem}}
@media (forced-colors:active){.mark circle{fill:CanvasText}.mark path{stroke:Canvas}}
`;
