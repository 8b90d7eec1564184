/** The words by which staff are looked for: names in every way of writing them, roles with their abbreviations, wards by number. */
import { foldName } from './name.ts';

/** What staff write for words of a role or a ward; both ways are found. */
const short: Readonly<Record<string, string>> = {
  med: 'medical',
  surg: 'surgical',
  reg: 'registrar',
  cons: 'consultant',
  sho: 'senior house officer',
  ho: 'house officer',
  hca: 'healthcare assistant',
  hcsw: 'healthcare support worker',
  anp: 'advanced nurse practitioner',
  acp: 'advanced clinical practitioner',
  enp: 'emergency nurse practitioner',
  cns: 'clinical nurse specialist',
  ccot: 'critical care outreach team',
  ccor: 'critical care outreach',
  pa: 'physician associate',
  odp: 'operating department practitioner',
  gp: 'general practitioner',
  ot: 'occupational therapist',
  physio: 'physiotherapist',
  slt: 'speech and language therapist',
  salt: 'speech and language therapist',
  dietician: 'dietitian',
  pharm: 'pharmacist',
  rmn: 'mental health nurse',
  rn: 'registered nurse',
  hv: 'health visitor',
  mw: 'midwife',
  ae: 'emergency department',
  ed: 'emergency department',
  amu: 'acute medical unit',
  mau: 'medical assessment unit',
  sau: 'surgical assessment unit',
  itu: 'intensive therapy unit intensive care',
  icu: 'intensive care unit',
  hdu: 'high dependency unit',
  ccu: 'coronary care unit',
  nicu: 'neonatal intensive care unit',
  scbu: 'special care baby unit',
  aande: 'emergency department',
  tando: 'trauma and orthopaedics',
  oandg: 'obstetrics and gynaecology',
  obs: 'obstetrics',
  gynae: 'gynaecology',
  ortho: 'orthopaedics',
  paeds: 'paediatrics paediatric',
  anaes: 'anaesthetics anaesthetist',
  gastro: 'gastroenterology',
  resp: 'respiratory',
  cardio: 'cardiology',
  haem: 'haematology',
  onc: 'oncology',
  neuro: 'neurology',
  geris: 'geriatrics geriatric',
  coe: 'care of the elderly',
  ent: 'ear nose and throat',
  opd: 'outpatients department',
};

/** Years of training as they are written, and as they are spelt out. */
const grades: readonly (readonly [RegExp, (year: string) => string])[] = [
  [/^f(?:y)?([12])$/, (year) => `f${year} fy${year} foundation doctor`],
  [/^st([1-9])$/, (year) => `st${year} specialty trainee${Number(year) > 2 ? ' registrar' : ''}`],
  [/^spr([1-9])?$/, () => 'spr specialist registrar'],
  [/^str([1-9])?$/, () => 'str specialty registrar'],
  [/^ct([1-3])$/, (year) => `ct${year} core trainee sho`],
  [/^cst$/, () => 'cst core surgical trainee sho'],
  [/^imt([1-3])?$/, (year) => `imt${year} internal medicine trainee sho`],
];
const spelt: readonly (readonly [RegExp, (year: string) => string])[] = [
  [/\bfoundation (?:doctor|year|trainee|programme)[a-z ]*(?:year )?([12])\b/, (year) => `f${year} fy${year}`],
  [/\bspecialty (?:trainee|registrar|doctor)[a-z ]*?(?:year )?([1-9])\b/, (year) => `st${year}`],
  [/\bcore [a-z]*? ?trainee[a-z ]*?(?:year )?([1-3])\b/, (year) => `ct${year} sho`],
  [/\bcore surgical trainee\b/, () => 'cst sho'],
  [/\binternal medicine trainee\b/, () => 'imt sho'],
  [/\bspeciali(?:ty|st) registrar\b/, () => 'spr str'],
  [/\bcharge nurse\b/, () => 'sister'],
];

/** Of a role that is itself written short, and of the words of one that is spelt out; the same for everybody who has it. */
export function roleWords(role: string): string[] {
  return kept(knownRoles, role, () => {
    const plain = tokens(role);
    const words = new Set(plain);
    for (const word of plain) {
      for (const full of (Object.hasOwn(short, word) ? short[word] : undefined)?.split(' ') ?? []) {
        if (!small.has(full)) words.add(full);
      }
      for (const [pattern, more] of grades) {
        const year = pattern.exec(word);
        if (year) for (const each of more(year[1] ?? '').split(' ')) words.add(each);
      }
    }
    const text = plain.join(' ');
    for (const [pattern, more] of spelt) {
      const year = pattern.exec(text);
      if (year) for (const each of more(year[1] ?? '').split(' ')) words.add(each);
    }
    return [...words];
  });
}

/** "anp" of "Advanced Nurse Practitioner", and what the tables know for it. */
export function acronyms(role: string): string[] {
  return kept(knownAcronyms, role, () => {
    const words = tokens(role).filter((word) => !/^\d/.test(word) && !small.has(word));
    const found = new Set<string>();
    if (words.length > 1 && words.length < 6) found.add(words.map(([first]) => first).join(''));
    const all = new Set(tokens(role));
    for (const [brief, full] of Object.entries(short)) {
      if (full.includes(' ') && full.split(' ').every((word) => all.has(word) || small.has(word))) found.add(brief);
    }
    return [...found];
  });
}

/** "Wards 6 to 8" is also ward 7. */
export function wardWords(ward: string): string[] {
  return kept(knownWards, ward, () => {
    const plain = roleWords(ward);
    const words = new Set(plain);
    const range = /\b(\d{1,3}) (?:to )?(\d{1,3})\b/.exec(tokens(ward).join(' '));
    const [from, to] = [Number(range?.[1]), Number(range?.[2])];
    if (from < to && to - from <= 20) for (let number = from; number <= to; number++) words.add(String(number));
    return [...words];
  });
}

export const organisationWords = (organisation: string): string[] =>
  kept(knownOrganisations, organisation, () => nameWords(organisation));

/** A name with an apostrophe or a hyphen is there joined and apart, and so is one of several words: "van der Berg". */
export function nameWords(name: string): string[] {
  const plain = tokens(name);
  const words = new Set(plain);
  if (/['’ʼ‘`]/.test(name)) for (const each of tokens(name.replaceAll(/['’ʼ‘`]/g, ' '))) words.add(each);
  if (/\p{Pd}/u.test(name)) for (const each of tokens(name.replaceAll(/\p{Pd}/gu, ''))) words.add(each);
  for (let at = 1; plain.length > 2 && at + 1 < plain.length; at++) words.add(plain.slice(at).join(''));
  return [...words];
}

/** What is typed: letters and digits apart that belong apart ("ward7b"), and together that belong together ("7 b"). */
export function queryWords(query: string): string[] {
  const text = fold(spaced(query))
    .replaceAll(/(\p{L}{3,})(\d)/gu, '$1 $2')
    .replaceAll(/(\d) (\p{L})(?= |$)/gu, '$1$2');
  const words = [...new Set(text.split(' ').filter(Boolean))].slice(0, mostWords);
  const telling = words.filter((word) => !salutations.has(word));
  return telling.length > 0 ? telling : words;
}

const mostWords = 8;
const small = new Set(['and', 'of', 'the', 'for', 'in', 'on', 'to']);
/** Not everybody's name has it in the directory, so nobody is left out for it. */
const salutations = new Set(['dr', 'mr', 'mrs', 'ms', 'miss', 'mx', 'prof', 'professor']);

const tokens = (text: string): string[] => fold(spaced(text)).split(' ').filter(Boolean);

/** "T&O" is one word, "Renal/Urology" two. */
const spaced = (text: string): string =>
  text.replaceAll(/(?<![\p{L}\d])(\p{L}) ?& ?(\p{L})(?![\p{L}\d])/gu, '$1and$2').replaceAll(/[/,.&()+]/g, ' ');

/** Most names have no letter that needs more. */
const fold = (text: string): string => (/^[A-Za-z0-9 ]*$/.test(text) ? text.toLowerCase() : foldName(text));

const knownRoles = new Map<string, string[]>();
const knownAcronyms = new Map<string, string[]>();
const knownOrganisations = new Map<string, string[]>();
const knownWards = new Map<string, string[]>();

/** There are a few hundred roles and wards, and each is taken apart once. */
function kept(known: Map<string, string[]>, text: string, make: () => string[]): string[] {
  let words = known.get(text);
  if (!words) {
    words = make();
    if (known.size >= 5000) known.clear();
    known.set(text, words);
  }
  return words;
}
