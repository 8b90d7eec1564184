/**
 * Two states of one log that cannot both be true, as a file that anybody can check without the server (docs/protocol.md, section 11.6).
 * `wardline verify evidence` reads it; `wardline witness` writes the same.
 */
import { type Bytes, utf8 } from './bytes.ts';
import type { LogHead } from './checkpoint.ts';
import { base64url, uuidText } from './names.ts';

export type Evidence = {
  /** What was refused with. */
  readonly code: string;
  /** The signed checkpoint that was accepted before. */
  readonly seen?: string;
  /** The one that contradicts it. */
  readonly shown?: string;
  /** In place of it, what a colleague's device said that it was shown: the server has not signed that. */
  readonly told?: LogHead & { readonly by: Bytes };
};

export function evidenceText({ code, seen, shown, told }: Evidence): string {
  const note = (text: string | undefined) => (text ? base64url(utf8(text)) : '-');
  const head = told ? `${told.size} ${base64url(told.root)} ${uuidText(told.by)}` : '-';
  return `wardline-evidence-v1\n${code}\nseen ${note(seen)}\nshown ${note(shown)}\ntold ${head}\n`;
}
