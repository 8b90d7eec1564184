// @vitest-environment node
import { expect, test, vi } from 'vitest';
import { asText, topics } from './generate.ts';
import { readText } from './read.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

test.each(Object.entries(topics))('%s.ts.json is what the generator makes', async (topic, make) => {
  expect(asText(await make()) === readText(`${topic}.ts.json`), 'run npm run vectors').toBe(true);
});
