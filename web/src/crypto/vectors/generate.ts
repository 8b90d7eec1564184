/** `npm run vectors`: writes this implementation's half of testdata/vectors. The same inputs give the same files. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cryptoVectors } from './crypto.ts';
import { freshnessVectors } from './freshness.ts';
import { logVectors } from './log.ts';
import { storyVectors } from './story.ts';
import { wireVectors } from './wire.ts';

export const topics = {
  wire: wireVectors,
  crypto: cryptoVectors,
  story: storyVectors,
  log: logVectors,
  freshness: freshnessVectors,
};

export async function generate(folder: string): Promise<void> {
  for (const [topic, make] of Object.entries(topics)) {
    writeFileSync(join(folder, `${topic}.ts.json`), asText(await make()));
  }
}

export function asText(vectors: object): string {
  return `${JSON.stringify(vectors, null, 1)}\n`;
}
