// @vitest-environment node
/** What finding costs among 20,000 people: one search with its look-alikes for every key that is pressed. Printed, not judged. */
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { dice, inventStaff } from '../testing/staff.ts';
import { matchesIn } from './directory.ts';
import { Finder, type Nearness } from './finder.ts';

const count = 20_000;

test(`R29 finding among ${count.toLocaleString('en-GB')} people, for each key`, async () => {
  const people = inventStaff(count);
  const bytes = gzipSync(JSON.stringify({ people })).length;

  let longest = 0;
  let since = performance.now();
  const begun = since;
  const finder = await Finder.of(people, {
    pause: () => {
      longest = Math.max(longest, performance.now() - since);
      return new Promise((resolve) =>
        setTimeout(() => {
          since = performance.now();
          resolve();
        }),
      );
    },
  });
  if (!finder) throw new Error('it was stopped');
  const last = performance.now() - since;
  const made = performance.now() - begun;

  const roll = dice(5);
  const typed: string[] = [
    'med reg',
    'ward 7b',
    'st3',
    'hca 7b',
    'smth',
    'osullivan',
    'dr a patel',
    'consultant ortho',
  ];
  for (let each = 0; each < 30; each++) {
    const { displayName } = people[Math.floor(roll() * count)] ?? { displayName: 'Nobody' };
    const words = displayName.replace(/^Dr /, '').split(' ');
    const name = (each % 3 === 0 ? words.reverse() : words).join(' ').toLowerCase();
    const place = 1 + Math.floor(roll() * (name.length - 2));
    // Every other one has a letter left out.
    typed.push(each % 2 === 0 ? name : name.slice(0, place) + name.slice(place + 1));
  }
  const near: Nearness = ({ ward }) => (ward === 'Ward 7B' ? 1 : 0);
  const took: number[] = [];
  const worked: number[] = [];
  let found = 0;
  for (const query of typed) {
    for (let end = 2; end <= query.length; end++) {
      const before = performance.now();
      const busy = process.cpuUsage();
      found += matchesIn(finder, query.slice(0, end), near).people.length;
      took.push(performance.now() - before);
      const { user, system } = process.cpuUsage(busy);
      worked.push((user + system) / 1000);
    }
  }
  const spread = (of: number[]) => {
    of.sort((a, b) => a - b);
    const at = (part: number) => (of[Math.floor((of.length - 1) * part)] ?? 0).toFixed(1);
    return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, worst ${at(1)} ms`;
  };
  console.log(
    [
      `${count} people, ${took.length} keys: ${spread(took)}; of the processor: ${spread(worked)}`,
      `the list: ${(bytes / 1024).toFixed(0)} KiB compressed, made in ${made.toFixed(0)} ms, longest slice ${longest.toFixed(0)} ms, the last step ${last.toFixed(0)} ms`,
    ].join('\n'),
  );
  expect(found).toBeGreaterThan(typed.length);
}, 60_000);
