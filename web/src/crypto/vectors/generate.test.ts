// @vitest-environment node
import { expect, test } from 'vitest';
import { asText, topics } from './generate.ts';
import { readText } from './read.ts';

test.each(Object.entries(topics))('%s.ts.json is what the generator makes', async (topic, make) => {
  expect(asText(await make()) === readText(`${topic}.ts.json`), 'run npm run vectors').toBe(true);
});
