/** R37, R10: how well the checks do on messages of staff: testdata/messages, of which one file was held back while the rules were written. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { check } from './check.ts';
import { isNumber } from './numbers.ts';

type Label = 'block' | 'chip' | 'pass';
type Message = { label: Label; text: string };

const now = Date.UTC(2026, 10, 24);

function read(file: string): Message[] {
  const lines = readFileSync(`../testdata/messages/${file}`, 'utf8').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, label = '', written = ''] = /^(\w+) \| (.*)$/.exec(line) ?? [];
      const text = written
        .replaceAll('\\n', '\n')
        .replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
      return { label: label as Label, text };
    });
}

function answer(text: string): Label {
  const found = check(text, { space: 'team', numbers: [] }, now);
  if (found.some(({ stops }) => stops)) return 'block';
  return found.length > 0 ? 'chip' : 'pass';
}

const share = (part: Message[], of: Message[]): number => part.length / of.length;
const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

function measure(messages: Message[]) {
  const answers = new Map(messages.map((message) => [message, answer(message.text)]));
  const labelled = (...labels: Label[]) => messages.filter(({ label }) => labels.includes(label));
  const answered = (from: Message[], ...labels: Label[]) =>
    from.filter((message) => labels.includes(answers.get(message) ?? 'pass'));
  const [block, chip, pass, open] = [labelled('block'), labelled('chip'), labelled('pass'), labelled('chip', 'pass')];
  return {
    blocks: share(answered(block, 'block'), block),
    falseBlocks: share(answered(open, 'block'), open),
    chips: share(answered(chip, 'chip'), chip),
    falseChips: share(answered(pass, 'chip'), pass),
    wrong: messages.filter((message) => answers.get(message) !== message.label),
    answers,
  };
}

describe.each(['tuning.txt', 'held-out.txt'])('R37 R10 the messages of %s', (file) => {
  const messages = read(file);
  const { blocks, falseBlocks, chips, falseChips, wrong, answers } = measure(messages);

  test('are many, of every kind, and the figures are printed', () => {
    console.log(
      `${file}: ${messages.length} messages; identifiers blocked ${percent(blocks)}, blocked by mistake ${percent(falseBlocks)}, ` +
        `pointers asked about ${percent(chips)}, asked by mistake ${percent(falseChips)}`,
    );
    if (file === 'tuning.txt')
      console.log(wrong.map((one) => `${one.label} not ${answers.get(one)}: ${one.text}`).join('\n'));
    expect(messages.length).toBeGreaterThanOrEqual(300);
    expect(new Set(messages.map(({ label }) => label))).toEqual(new Set(['block', 'chip', 'pass']));
  });

  test('R37 every identifier is blocked, and nearly nothing else', () => {
    expect(blocks).toBe(1);
    expect(falseBlocks).toBeLessThan(0.01);
  });

  test('R10 most pointers are asked about, and little else', () => {
    expect(chips).toBeGreaterThan(0.85);
    expect(falseChips).toBeLessThan(0.05);
  });

  test('R10 nobody is asked in a patient thread, nor where no patient belongs', () => {
    for (const { text } of messages) {
      for (const space of ['patient', 'social', 'announcement'] as const)
        expect(check(text, { space, numbers: [] }, now).filter(({ stops }) => !stops)).toEqual([]);
    }
  });
});

describe('R37 every valid NHS number is found, however it is written', () => {
  const valid = ['9000000009', '9000000025', '9000000033', '9912003888', '9434765919', ...madeUp(60)];
  const groups = (digits: string, ...lengths: number[]) => {
    let at = 0;
    return lengths.map((length) => digits.slice(at, (at += length)));
  };
  const written: ((digits: string) => string)[] = [
    (digits) => digits,
    (digits) => groups(digits, 3, 3, 4).join(' '),
    (digits) => groups(digits, 3, 3, 4).join('-'),
    (digits) => groups(digits, 3, 3, 4).join('.'),
    (digits) => groups(digits, 3, 3, 4).join('\n'),
    (digits) => groups(digits, 6, 4).join(' '),
    (digits) => groups(digits, 3, 7).join(' '),
    (digits) => digits.replace(/\d(?=\d)/g, '$& '),
    (digits) => digits.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
    (digits) => groups(digits, 3, 3, 4).join('\u200b'),
  ];
  const around = [
    '#',
    'NHS no: #',
    'pt # please',
    'call me about #',
    'bleep 2417 re #',
    'x#y',
    '(#)',
    'bloods for #, K 4.1',
  ];

  test('in every form and every company', () => {
    const texts = valid.flatMap((digits) =>
      written.flatMap((form) => around.map((company) => company.replace('#', () => form(digits)))),
    );
    expect(texts.filter((text) => answer(text) !== 'block')).toEqual([]);
  });

  test('and one with a wrong check digit nowhere', () => {
    const wrong = valid.map((digits) => digits.slice(0, 9) + String((Number(digits[9]) + 1) % 10));
    expect(wrong.filter((digits) => answer(`list ${digits} ok`) !== 'pass')).toEqual([]);
  });
});

/** Valid numbers of the range for tests. */
function madeUp(count: number): string[] {
  const random = seeded(41);
  const all: string[] = [];
  while (all.length < count) {
    const digits = `999${String(Math.floor(random() * 1e7)).padStart(7, '0')}`;
    if (isNumber(digits)) all.push(digits);
  }
  return all;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

describe('whatever is typed or pasted', () => {
  const longest = 20_000;
  const random = seeded(7);
  const letters = (pick: () => string) => {
    let text = '';
    while (text.length < longest) text += pick();
    return text.slice(0, longest);
  };
  const words =
    'bed pt 4 JS in resus 79F the lady Mrs J. his sats 80 dob 12/3/54 John SMITH 943 476 5919 call 07700 mrn , . ? - \n'.split(
      ' ',
    );
  const texts: Record<string, string> = {
    'characters of every plane': letters(() => String.fromCodePoint(Math.floor(random() * 0x10ffff))),
    'halves of pairs': letters(() => String.fromCharCode(0xd800 + Math.floor(random() * 0x800))),
    'words of the rules, in any order': letters(() => `${words[Math.floor(random() * words.length)]} `),
    'one word': 'a'.repeat(longest),
    'capitals and dashes': `${'A-'.repeat(longest / 2 - 10)} dob 12/3/54`,
    'spaces behind a label': `mrn${' '.repeat(longest - 3)}`,
    'patients in one line': 'pt '.repeat(longest / 3),
    'pronouns in one line': 'she '.repeat(longest / 4),
    digits: '9'.repeat(longest),
    'valid numbers': '9434765919 '.repeat(longest / 11),
    'dates of birth': '12/3/54 '.repeat(longest / 8),
    marks: '?'.repeat(longest),
    'a long message of a person': 'bed 4 is clean, thanks. Who covers ward 7B tonight? '.repeat(longest / 52),
  };

  test.each(Object.entries(texts))('nothing is thrown and every place is right: %s', (_, text) => {
    for (const space of ['team', 'patient', 'social'] as const) {
      for (const { found, start, end } of check(text, { space, numbers: [] }, now)) {
        expect(start).toBeLessThan(end);
        expect(text.slice(start, end)).toBe(found);
      }
    }
  });

  test('the same as small texts, thousands of them', () => {
    for (let turn = 0; turn < 3000; turn += 1) {
      const parts = Array.from(
        { length: 1 + Math.floor(random() * 12) },
        () => words[Math.floor(random() * words.length)],
      );
      const text = parts.join(random() < 0.5 ? ' ' : '');
      for (const { found, start, end } of check(text, { space: 'team', numbers: [] }, now))
        expect(text.slice(start, end)).toBe(found);
    }
  });

  test('how long twenty thousand characters take is printed', () => {
    const took = Object.entries(texts).map(([name, text]) => {
      const began = process.cpuUsage();
      check(text, { space: 'team', numbers: [] }, now);
      const { user, system } = process.cpuUsage(began);
      return `${name} ${((user + system) / 1000).toFixed(0)} ms`;
    });
    console.log(`${longest} characters: ${took.join(', ')}`);
    expect(took).toHaveLength(Object.keys(texts).length);
  });
});
