/**
 * One shape for all mails: a heading, plain paragraphs, at most one button with its link in full below. The text
 * part says the same and stands on its own. Nothing is loaded from anywhere, so that a mail looks alike everywhere
 * and tells nobody that it was opened.
 */

export interface MailParts {
  title: string;
  /** Plain text; everything is escaped. */
  paragraphs: string[];
  /** A code to type, set large and easy to copy. */
  code?: string;
  button?: { label: string; url: string };
  /** Small print: who asked, from where, what to do if it was not you. */
  footer: string;
}

const sans = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const mono = 'font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace';
const [paper, surface, ink, muted, line, go] = [
  '#fbfaf7',
  '#ffffff',
  '#1d1e1a',
  '#62645c',
  '#e2dfd7',
  '#1f6b4a',
];

/** Both parts of a mail from the same words. */
export function renderMail(parts: MailParts): { text: string; html: string } {
  return { text: renderText(parts), html: renderHtml(parts) };
}

function renderText({ title, paragraphs, code, button, footer }: MailParts): string {
  const blocks = [title, ...paragraphs];
  if (code !== undefined) blocks.push(code);
  if (button) blocks.push(`${button.label}:\n${button.url}`);
  return `${[...blocks, '--', footer].join('\n\n')}\n`;
}

function renderHtml({ title, paragraphs, code, button, footer }: MailParts): string {
  const blocks = [
    `<h1 style="margin:0 0 16px;font-size:20px;line-height:28px;font-weight:650">${escapeHtml(title)}</h1>`,
    ...paragraphs.map((text) => `<p style="margin:0 0 16px">${escapeHtml(text)}</p>`),
  ];
  if (code !== undefined) {
    blocks.push(
      `<p style="margin:0 0 16px;${mono};font-size:26px;letter-spacing:4px;font-weight:650">${escapeHtml(code)}</p>`,
    );
  }
  if (button) blocks.push(...renderButton(button));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light">
<title>${escapeHtml(title)}</title>
</head>
<body style="margin:0;padding:24px 12px;background:${paper};color:${ink};${sans};font-size:16px;line-height:24px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:600px;margin:0 auto">
<tr><td style="padding:32px;background:${surface};border:1px solid ${line};border-radius:8px">
${blocks.join('\n')}
</td></tr>
<tr><td style="padding:16px 32px;color:${muted};font-size:13px;line-height:20px">${escapeHtml(footer)}</td></tr>
</table>
</body>
</html>
`;
}

function renderButton({ label, url }: { label: string; url: string }): string[] {
  const href = escapeHtml(url);
  return [
    `<p style="margin:24px 0"><a href="${href}" style="display:inline-block;padding:12px 24px;background:${go};color:#ffffff;border-radius:6px;font-weight:550;text-decoration:none">${escapeHtml(label)}</a></p>`,
    `<p style="margin:0;color:${muted};font-size:13px;line-height:20px">The link in full:<br><a href="${href}" style="color:${go};${mono};word-break:break-all">${href}</a></p>`,
  ];
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
