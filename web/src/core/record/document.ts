/**
 * The document that is filed (docs/integrate/document.md): one self-contained HTML file, in the one spelling that the server reads.
 *
 * Invariant: the same parts give the same bytes. What a person previews is what is sent (H16).
 */
import type { PatientAssertion } from '../../crypto/layouts/patient.ts';
import { isTemporary } from '../../crypto/patient.ts';
import type { Person } from '../contract.ts';
import { showMarks } from '../marks.ts';
import { displayPatient } from '../people/name.ts';

export type Excerpt = {
  message: string;
  /** Its entryHash, base64url. */
  entry: string;
  author: Person;
  time: number;
  text: string;
  /** Said beside the decision, or part of it. */
  beside: boolean;
};

export type DocumentParts = {
  filing: string;
  thread: string;
  patient: PatientAssertion;
  checkedBy: Person;
  /** In the order of the thread. */
  excerpts: readonly Excerpt[];
  summary: string;
  by: Person;
  at: number;
  organisation: string;
};

const sheet = `
body { font-family: sans-serif; line-height: 1.5; margin: 2em auto; max-width: 46em; color: #212b32; background: #fff }
h1 { font-size: 1.6em } h2 { font-size: 1.2em; border-bottom: 1px solid #768692 } h3 { font-size: 1em; margin-bottom: 0 }
dl { display: grid; grid-template-columns: max-content auto; column-gap: 1em } dt { font-weight: bold } dd { margin: 0 }
.when { margin: 0; color: #4c6272 } .said { margin-top: 0.25em; white-space: pre-wrap }
`;

export function titleOf({ family, given }: PatientAssertion): string {
  const letters = Array.from(`Clinical decision: ${displayPatient({ family, given })}`);
  while (new TextEncoder().encode(letters.join('')).length > 200) letters.pop();
  return letters.join('');
}

export function writeDocument(parts: DocumentParts): string {
  const { filing, thread, patient, summary, by, at, organisation, excerpts } = parts;
  const lines = [
    '<!doctype html>',
    '<html lang="en-GB">',
    '<head>',
    '<meta charset="utf-8">',
    html`<title>${titleOf(patient)}</title>`,
    '<meta name="wardline-document" content="1">',
    html`<meta name="wardline-filing" content="${filing}">`,
    html`<meta name="wardline-thread" content="${thread}">`,
    `<style>${sheet}</style>`,
    '</head>',
    '<body>',
    '<main>',
    '<h1>Clinical decision</h1>',
    ...patientSection(parts),
    ...excerptSections(excerpts),
  ];
  if (summary !== '') {
    lines.push(
      html`<section aria-labelledby="summary"><h2 id="summary">Summary by ${titled(by)}</h2>`,
      '<p>This summary was written for the record. It is not what was said.</p>',
      html`<p class="said">${summary}</p></section>`,
    );
  }
  const words = excerpts.length === 1 ? '1 message' : `${excerpts.length} messages`;
  lines.push(
    '<section aria-labelledby="filed"><h2 id="filed">Filed</h2>',
    html`<p>Filed by ${titled(by)}, on ${day(at)} at ${hour(at)} from Wardline at ${organisation}. ${words}, word for word; the hash of each is beside it in this file.</p></section>`,
    '</main>',
    '</body>',
    '</html>',
    '',
  );
  return lines.join('\n');
}

function patientSection({ patient, checkedBy }: DocumentParts): string[] {
  const { family, given, title, issued } = patient;
  const entries = [['Name', displayPatient({ family, given, title })], ...identifiers(patient)] as const;
  const list = entries.map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`).join('');
  return [
    '<section aria-labelledby="patient"><h2 id="patient">Patient</h2>',
    `<dl>${list}</dl>`,
    html`<p>${matched(patient)} on ${day(issued)} at ${hour(issued)}, checked by ${checkedBy.name}.</p></section>`,
  ];
}

/** Without an NHS number it says so, and the hospital's stands beside. */
function identifiers(patient: PatientAssertion): (readonly [string, string])[] {
  const { birthDate, nhsNumber, hospitalNumber } = patient;
  const known = isTemporary(patient)
    ? (['Identity', 'Temporary identity'] as const)
    : (['Born', birth(birthDate)] as const);
  if (nhsNumber !== '') return [known, ['NHS number', spaced(nhsNumber)]];
  return [known, ['NHS number', 'NHS number not known'], ['Hospital number', hospitalNumber]];
}

function matched(patient: PatientAssertion): string {
  if (isTemporary(patient)) return 'Name and hospital number matched a temporary identity in the patient index';
  return `Name, date of birth and ${patient.nhsNumber === '' ? 'hospital' : 'NHS'} number matched the patient index`;
}

/** Each stretch of what was decided, or of what was said beside it, is a section, so that the whole stays in the order of the thread. */
function excerptSections(excerpts: readonly Excerpt[]): string[] {
  const lines: string[] = [];
  const counts = { decision: 0, background: 0 };
  for (const [at, one] of excerpts.entries()) {
    if (at === 0 || excerpts[at - 1]?.beside !== one.beside) {
      if (at > 0) lines.push('</section>');
      const kind = one.beside ? 'background' : 'decision';
      counts[kind] += 1;
      const name = counts[kind] > 1 ? `${kind}-${counts[kind]}` : kind;
      const heading = `${one.beside ? 'Said beside it' : 'Decision'}${counts[kind] > 1 ? ', continued' : ''}`;
      lines.push(html`<section aria-labelledby="${name}"><h2 id="${name}">${heading}</h2>`);
    }
    lines.push(article(one));
  }
  return [...lines, '</section>'];
}

function article({ message, entry, author, time, text }: Excerpt): string {
  return html`<article data-message="${message}" data-entry="${entry}" data-author="${author.id}" data-time="${String(time)}"><h3>${titled(author)}</h3><p class="when">${day(time)} ${hour(time)}</p><p class="said">${text}</p></article>`;
}

const titled = ({ name, role }: Person): string => (role ? `${name}, ${role}` : name);

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\0': '\ufffd',
};

/** Escapes every value that is put in, and nothing else. */
function html(parts: TemplateStringsArray, ...values: string[]): string {
  return String.raw(
    { raw: parts },
    ...values.map((value) => showMarks(value).replace(/[&<>"\0]/g, (each) => entities[each] ?? each)),
  );
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Times are local to the organisation, wherever the device is. */
const local = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

function partsOf(at: number): Record<string, string> {
  return Object.fromEntries(local.formatToParts(at).map(({ type, value }) => [type, value]));
}

/** "24-Nov-2026" */
function day(at: number): string {
  const { year = '', month = '', day: date = '' } = partsOf(at);
  return `${date}-${months[Number(month) - 1] ?? ''}-${year}`;
}

/** "13:40" */
function hour(at: number): string {
  const { hour: hours = '', minute = '' } = partsOf(at);
  return `${hours}:${minute}`;
}

function birth(date: string): string {
  const [year, month, date2] = date.split('-');
  return year && month && date2 ? `${date2}-${months[Number(month) - 1] ?? ''}-${year}` : 'Not known';
}

/** 3-3-4 */
const spaced = (number: string): string =>
  number.length === 10 ? `${number.slice(0, 3)} ${number.slice(3, 6)} ${number.slice(6)}` : number;
