import { beforeEach, expect, test } from 'vitest';
import { base64url } from '../../crypto/names.ts';
import { utf8 } from '../../crypto/bytes.ts';
import { Unreachable } from '../fault.ts';
import type { Remote } from '../remote/remote.ts';
import { MemoryStore } from '../store/memory.ts';
import { Policies } from './policies.ts';

const words = '# Messaging\n\nBe careful.';
const hashOf = async (text: string) => base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(text))));

type Served = { version: number; text: string; listed?: string };

/** A server with one policy, of which a test says what it is and whether it can be reached. */
class Office {
  served: Served = { version: 1, text: words };
  up = true;
  texts = 0;
  readonly disk = new MemoryStore();
  readonly #policies = {
    list: async () => {
      this.#reach();
      const { version, text, listed } = this.served;
      const hash = listed ?? (await hashOf(text));
      const facts = { title: 'Messaging', kind: 'guidance', summary: '', effectiveAt: 1, reviewAt: 2, graceMillis: 0 };
      return { policies: [{ policy: 'p', version, hash, ...facts, required: true, needed: false, acceptedAt: 5 }] };
    },
    text: async () => {
      this.#reach();
      this.texts += 1;
      return { text: this.served.text };
    },
  };
  readonly policies = new Policies({ policies: this.#policies } as unknown as Remote, async () => this.disk);

  #reach() {
    if (!this.up) throw new Unreachable('');
  }
}

let office: Office;
const which = { policy: 'p', version: 1 };
beforeEach(() => {
  office = new Office();
});

test('R36 what was seen signed in can be read without a network and without a password, and says nothing of anybody', async () => {
  expect(await office.policies.list(true)).toMatchObject([{ policy: 'p', acceptedAt: 5, needed: false }]);
  await expect.poll(() => office.disk.get('policy/text/p/1')).toBe(words);
  office.up = false;
  for (const signedIn of [false, true]) {
    const [kept] = await office.policies.list(signedIn);
    expect(kept).toMatchObject({ title: 'Messaging', asKept: true, needed: false });
    expect(kept).not.toHaveProperty('acceptedAt');
    expect(await office.policies.text(which, signedIn)).toEqual({ text: words });
  }
  expect(JSON.stringify(await office.disk.all(''))).not.toContain('acceptedAt');
});

test('R36 before sign-in nothing is asked of the server', async () => {
  expect(await office.policies.list(false)).toEqual([]);
  await expect(office.policies.text(which, false)).rejects.toMatchObject({ code: 'policy_not_here' });
  expect(office.texts).toBe(0);
});

test('R36 a text that is not the one of the list is neither shown nor kept', async () => {
  office.served.listed = await hashOf('other words');
  await office.policies.list(true);
  await expect(office.policies.text(which, true)).rejects.toMatchObject({ code: 'policy_changed' });
  await office.disk.change({ put: [['policy/text/p/1', 'forged on this device']] });
  await expect(office.policies.text(which, false)).rejects.toMatchObject({ code: 'policy_not_here' });
});

test('R43 a new version takes the place of the old one on this device', async () => {
  await office.policies.list(true);
  await expect.poll(() => office.disk.get('policy/text/p/1')).toBe(words);
  office.served = { version: 2, text: 'Be more careful.' };
  expect(await office.policies.list(true)).toMatchObject([{ version: 2 }]);
  await expect.poll(() => office.disk.get('policy/text/p/2')).toBe('Be more careful.');
  expect(await office.disk.get('policy/text/p/1')).toBeUndefined();
});

test('a damaged list on this device is as good as none', async () => {
  await office.disk.change({ put: [['policy/list', { hello: 1 }]] });
  expect(await office.policies.list(false)).toEqual([]);
});
