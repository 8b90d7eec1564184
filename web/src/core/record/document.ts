/**
 * The document that is filed (docs/integrate/document.md): one self-contained HTML file, in the one spelling that the server reads.
 *
 * Invariant: the same parts give the same bytes. What a person previews is what is sent (H16).
 */
import { type FormKind, forms } from '../../crypto/form-kinds.ts';
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

/** The parts of a decision's form. What is quoted is among the excerpts, the decision's own words as a whole too. */
export type FiledForm = {
  kind: FormKind;
  decision: string;
  parts: readonly { name: string; text: string; messages: readonly string[] }[];
};

/** The decision that this one puts right, as far as it is known here. */
export type Corrected = {
  decision: string;
  by: Person;
  time: number;
  /** Of the document that this one replaces in the record; empty where nobody here knows one. */
  reference: string;
};

export type DocumentParts = {
  filing: string;
  thread: string;
  patient: PatientAssertion;
  checkedBy: Person;
  /** In the order of the thread. */
  excerpts: readonly Excerpt[];
  form?: FiledForm;
  corrects?: Corrected;
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
  const { filing, thread, patient, summary, by, at, organisation, excerpts, form, corrects } = parts;
  const lines = [
    '<!doctype html>',
    '<html lang="en-GB">',
    '<head>',
    '<meta charset="utf-8">',
    html`<title>${titleOf(patient)}</title>`,
    '<meta name="wardline-document" content="1">',
    html`<meta name="wardline-filing" content="${filing}">`,
    html`<meta name="wardline-thread" content="${thread}">`,
    ...(form ? [html`<meta name="wardline-form" content="${form.kind}">`] : []),
    ...(corrects ? [html`<meta name="wardline-corrects" content="${corrects.decision}">`] : []),
    ...(corrects?.reference ? [html`<meta name="wardline-replaces" content="${corrects.reference}">`] : []),
    `<style>${sheet}</style>`,
    '</head>',
    '<body>',
    '<main>',
    '<h1>Clinical decision</h1>',
    ...patientSection(parts),
    ...(corrects ? correctionSection(corrects) : []),
    ...(form ? formSections(form, excerpts) : excerptSections(excerpts)),
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
    html`<p>Filed by ${titled(by)}, on ${localDay(at)} at ${localHour(at)} from Wardline at ${organisation}. ${words}, word for word; the hash of each is beside it in this file.</p></section>`,
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
    html`<p>${matched(patient)} on ${localDay(issued)} at ${localHour(issued)}, checked by ${checkedBy.name}.</p></section>`,
  ];
}

/** Without an NHS number it says so; the hospital's stands beside where it is known. */
function identifiers(patient: PatientAssertion): (readonly [string, string])[] {
  const { birthDate, nhsNumber, hospitalNumber } = patient;
  const known = isTemporary(patient)
    ? (['Identity', 'Temporary identity'] as const)
    : (['Born', birth(birthDate)] as const);
  const national = ['NHS number', nhsNumber === '' ? 'NHS number not known' : spaced(nhsNumber)] as const;
  return nhsNumber !== '' && hospitalNumber === ''
    ? [known, national]
    : [known, national, ['Hospital number', hospitalNumber]];
}

/** Only of the number that somebody compared. */
function matched(patient: PatientAssertion): string {
  if (isTemporary(patient)) return 'Name and hospital number matched a temporary identity in the patient index';
  return `Name, date of birth and ${patient.identifiedBy === 'hospital-number' ? 'hospital' : 'NHS'} number matched the patient index`;
}

function correctionSection({ by, time, reference }: Corrected): string[] {
  const replaces = reference === '' ? '' : ` It replaces the document with the reference ${reference}.`;
  return [
    '<section aria-labelledby="correction"><h2 id="correction">Correction</h2>',
    html`<p>This corrects the decision of ${localDay(time)} at ${localHour(time)} by ${titled(by)}.${replaces}</p></section>`,
  ];
}

/** Every part under its heading, what is quoted before what was written for it, and then what was said beside the decision. */
function formSections({ kind, decision, parts }: FiledForm, excerpts: readonly Excerpt[]): string[] {
  const own = excerpts.find(({ message }) => message === decision);
  const lines = [
    html`<section aria-labelledby="decision"><h2 id="decision">Decision: ${forms[kind].title}</h2>`,
    '<p>Messages are quoted word for word, under who said them and when. What was written in the form says so.</p></section>',
  ];
  for (const { name, heading } of forms[kind].parts) {
    const part = parts.find((each) => each.name === name);
    const messages = part?.messages ?? [];
    // In the order of the thread, whatever the order in the form.
    const quoted = excerpts.filter(({ message }) => messages.includes(message));
    lines.push(
      html`<section aria-labelledby="part-${name}"><h2 id="part-${name}">${heading}</h2>`,
      ...(part ? [] : ['<p>Nothing was entered here.</p>']),
      ...quoted.map((each) => article(each)),
      ...messages
        .filter((message) => !excerpts.some((each) => each.message === message))
        .map(() => '<p>A message that stood here is no longer in the conversation.</p>'),
      ...(part?.text && own
        ? [article({ ...own, text: part.text }, `Written in the form by ${titled(own.author)}`)]
        : []),
      '</section>',
    );
  }
  const beside = excerpts.filter((each) => each.beside);
  return [...lines, ...(beside.length > 0 ? excerptSections(beside) : [])];
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

function article({ message, entry, author, time, text }: Excerpt, heading = titled(author)): string {
  return html`<article data-message="${message}" data-entry="${entry}" data-author="${author.id}" data-time="${String(time)}"><h3>${heading}</h3><p class="when">${localDay(time)} ${localHour(time)}</p><p class="said">${text}</p></article>`;
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
export function localDay(at: number): string {
  const { year = '', month = '', day: date = '' } = partsOf(at);
  return `${date}-${months[Number(month) - 1] ?? ''}-${year}`;
}

/** "13:40" */
export function localHour(at: number): string {
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
