/** R37, R10: how well the checks do on messages of staff: testdata/messages, of which one file was held back while the rules were written. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { check } from './check.ts';

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
});
