// @vitest-environment node
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { toBase64 } from '../../api/base64.ts';
import { encode } from '../../crypto/codec.ts';
import { rootManifest } from '../../crypto/layouts/manifest.ts';
import { sign, unpack } from '../../crypto/signed.ts';
import { Hospital, bySeat } from '../../crypto/vectors/hospital.ts';
import { rightCode } from '../testing/account.ts';
import { Browser, World, password, refusalOf, until } from '../testing/world.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Everything that lies on a disk, as one text in which words and base64 can be looked for. */
async function onDisk(browser: Browser): Promise<string> {
  const parts: string[] = [];
  for (const [name, value] of await browser.disk.all('')) {
    parts.push(name);
    if (value instanceof Uint8Array) parts.push(new TextDecoder('latin1').decode(value), toBase64(value));
    else parts.push(JSON.stringify(value));
  }
  return parts.join('\n');
}

/** A verb that throws at once is as good as one whose promise is rejected. */
const later = async (call: () => Promise<unknown>): Promise<unknown> => call();

describe('enrolment', () => {
  test('ends with keys, a session and the person’s own name', async () => {
    const world = await World.open();
    const anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
    expect(await anita.ask.session()).toMatchObject({
      at: 'ready',
      organisation: 'Example Hospital',
      me: { name: 'Dr Anita Patel', title: 'Dr', given: 'Anita', family: 'Patel', outside: false },
      device: 'trust',
      noticeAccepted: true,
    });
    const { manifest } = await anita.ask.about();
    expect(manifest).toMatchObject({ version: 1, seats: 3, needed: 2 });
  });

  test('a server with another manifest than the link’s gets no key', async () => {
    const world = await World.open();
    const account = world.invite('anita.patel', 'Dr Anita Patel');
    const other = await Hospital.found('another hospital');
    world.server.tamper = (route, value) =>
      route.endsWith('/enrolment/start') ? { ...(value as object), manifests: other.manifests } : value;
    const browser = new Browser(world);
    expect((await refusalOf(browser.enrol(account))).code).toBe('broken_chain');
    expect(world.server.asked.filter((route) => route.endsWith('/complete'))).toEqual([]);
  });

  test('a manifest that not all seats signed is refused', async () => {
    const world = await World.open();
    const account = world.invite('anita.patel', 'Dr Anita Patel');
    const { hospital } = world.server;
    const { value } = unpack(rootManifest, hospital.manifests[0] ?? new Uint8Array());
    hospital.manifests[0] = await sign(rootManifest, value, ...hospital.seats.slice(0, 2).map(bySeat));
    expect((await refusalOf(new Browser(world).enrol(account))).code).toBe('not_entitled');
    expect(encode(rootManifest, value).length).toBeGreaterThan(0);
  });

  test('weak parameters of the password are refused', async () => {
    const world = await World.open();
    await world.enrolled('anita.patel', 'Dr Anita Patel');
    world.server.tamper = (route, value) =>
      route.endsWith('/parameters') ? { ...(value as object), memoryKiB: 1024 } : value;
    const refused = await refusalOf(new Browser(world).ask.signIn({ username: 'anita.patel', password }));
    expect(refused.code).toBe('weak_parameters');
  });

  test('R48 one’s own device needs the agreement, R47 and nobody is without the notice', async () => {
    const world = await World.open();
    const { token } = world.invite('anita.patel', 'Dr Anita Patel');
    const browser = new Browser(world);
    const manifestFingerprint = await world.server.fingerprint();
    await browser.ask.startEnrolment({ token, manifestFingerprint });
    expect(await browser.ask.session()).toMatchObject({ at: 'enrolling', person: { name: 'Dr Anita Patel' } });
    const complete = (
      device: 'own' | 'trust',
      agreementAccepted: boolean,
      noticeAccepted: boolean,
      secret = password,
    ) =>
      refusalOf(
        browser.ask.completeEnrolment({ password: secret, code: '0', device, agreementAccepted, noticeAccepted }),
      );
    expect((await complete('own', false, true)).code).toBe('agreement_needed');
    expect((await complete('trust', false, false)).code).toBe('notice_needed');
    expect((await complete('trust', false, true, 'short')).code).toBe('password_short');
    // A wrong code can be corrected with the same link.
    expect((await complete('trust', false, true)).code).toBe('code_wrong');
    await browser.ask.completeEnrolment({
      password,
      code: rightCode,
      device: 'trust',
      agreementAccepted: false,
      noticeAccepted: true,
    });
    expect(await browser.ask.session()).toMatchObject({ at: 'ready' });
  });

  test('a link that was used, and a lost answer after it was spent: the account can be signed into', async () => {
    const world = await World.open();
    const account = world.invite('anita.patel', 'Dr Anita Patel');
    const browser = new Browser(world);
    const manifestFingerprint = await world.server.fingerprint();
    await browser.ask.startEnrolment({ token: account.token, manifestFingerprint });
    world.server.broken = 'after';
    const lost = browser.ask.completeEnrolment({
      password,
      code: rightCode,
      device: 'trust',
      agreementAccepted: false,
      noticeAccepted: true,
    });
    expect((await refusalOf(lost)).code).toBe('offline');
    world.server.broken = undefined;
    const again = await refusalOf(browser.ask.startEnrolment({ token: account.token, manifestFingerprint }));
    expect(again.code).toBe('enrolment_link_used');
    expect(await browser.ask.signIn({ username: 'anita.patel', password })).toEqual({ deviceKnown: true });
    await browser.ask.signInCode({ code: rightCode, agreementAccepted: false });
    expect(await browser.ask.session()).toMatchObject({ at: 'ready' });
    // The device of the enrolment is still the device: no second one was certified.
    expect(account.log).toHaveLength(3);
  });
});

describe('signing in on another browser', () => {
  let world: World;
  let anita: Browser;
  let fiona: Browser;
  beforeAll(async () => {
    world = await World.open();
    anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
    fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
  });

  const tampered = async (change: (unlock: Record<string, unknown>) => Record<string, unknown>) => {
    const browser = new Browser(world);
    await browser.ask.signIn({ username: 'anita.patel', password });
    world.server.tamper = (route, value) => {
      if (!route.endsWith('/code')) return value;
      const answer = value as { unlock: Record<string, unknown> };
      return { ...answer, unlock: { ...answer.unlock, ...change(answer.unlock) } };
    };
    const before = world.server.accounts.named('anita.patel')?.log.length;
    const code = browser.ask.signInCode({ code: rightCode, device: 'trust', agreementAccepted: false });
    const refused = await refusalOf(code).finally(() => {
      world.server.tamper = (_route, value) => value;
    });
    expect(world.server.accounts.named('anita.patel')?.log.length).toBe(before);
    return refused.code;
  };
  const fionas = () => {
    const account = world.server.accounts.named('fiona.kerr');
    if (!account?.secret) throw new Error('not enrolled');
    return { ...account.secret, log: account.log };
  };

  test('opens the vault, certifies the browser, and shows what was said', async () => {
    const { thread } = await anita.ask.createDirect({ person: fiona.me });
    await anita.say(thread, 'Said before the second browser came.');
    const second = new Browser(world);
    expect(await second.ask.signIn({ username: 'anita.patel', password })).toEqual({ deviceKnown: false });
    const choice = await refusalOf(second.ask.signInCode({ code: rightCode, agreementAccepted: false }));
    expect(choice.code).toBe('device_choice_needed');
    await second.ask.signInCode({ code: rightCode, device: 'trust', agreementAccepted: false });
    await second.online();
    await second.sees(thread, 'Said before the second browser came.');
    expect(world.server.accounts.named('anita.patel')?.log).toHaveLength(4);
    await second.say(thread, 'And from the second.');
    await fiona.sees(thread, 'And from the second.');
  });

  test('R23 the password alone gets nothing, nor does a wrong code', async () => {
    const browser = new Browser(world);
    await browser.ask.signIn({ username: 'anita.patel', password });
    expect((await refusalOf(later(() => browser.ask.inbox()))).code).toBe('locked');
    const wrong = await refusalOf(
      browser.ask.signInCode({ code: '000000', device: 'trust', agreementAccepted: false }),
    );
    expect(wrong.code).toBe('sign_in_refused');
    expect((await browser.ask.session()).at).toBe('signed-out');
  });

  test('a name that nobody has answers like any other', async () => {
    const browser = new Browser(world);
    expect(await browser.ask.signIn({ username: 'nobody', password })).toEqual({ deviceKnown: false });
    const refused = await refusalOf(
      browser.ask.signInCode({ code: rightCode, device: 'trust', agreementAccepted: false }),
    );
    expect(refused.code).toBe('sign_in_refused');
  });

  test('another person’s unlocker does not open', async () => {
    expect(await tampered(() => ({ unlockerBlob: fionas().unlockerBlob, akWrap: fionas().akWrap }))).toBe(
      'wrong_identity',
    );
  });
  test('a wrap by another identity does not count', async () => {
    expect(await tampered(() => ({ akWrap: fionas().akWrap }))).toBe('wrong_identity');
  });
  test('another person’s vault is refused', async () => {
    expect(await tampered(() => ({ sealedVault: fionas().sealedVault }))).toBe('wrong_identity');
  });
  test('another person’s log is refused', async () => {
    expect(await tampered(() => ({ log: fionas().log }))).toBe('wrong_identity');
  });
  test('another manifest is refused', async () => {
    const other = await Hospital.found('another hospital');
    expect(await tampered(() => ({ manifests: other.manifests }))).toBe('broken_chain');
  });
  test('a vault that was changed on its way does not open', async () => {
    const changed = (unlock: Record<string, unknown>) => {
      const sealed = (unlock['sealedVault'] as Uint8Array).slice();
      sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
      return { sealedVault: sealed };
    };
    expect(await tampered(changed)).toBe('wrong_secret');
  });

  test('an older vault than this browser has seen is refused, and so is an older log', async () => {
    const account = world.server.accounts.named('anita.patel');
    if (!account?.secret) throw new Error('not enrolled');
    const old = account.secret.sealedVault;
    // The next version is written some time after a sync: it has bookmarks now.
    world.clock.pass(30_000);
    await until('the vault to be saved', async () => account.secret?.sealedVault !== old);
    // Whichever browser saved it: this one has seen it once it has been opened with it.
    await anita.ask.lock();
    await anita.ask.unlock({ password });
    await anita.ask.lock();
    const unlock = async (change: object) => {
      world.server.tamper = (route, value) =>
        route.endsWith('/unlock')
          ? { ...(value as object), unlock: { ...(value as { unlock: object }).unlock, ...change } }
          : value;
      const refused = await refusalOf(anita.ask.unlock({ password }));
      world.server.tamper = (_route, value) => value;
      await anita.ask.lock();
      return refused.code;
    };
    expect(await unlock({ sealedVault: old })).toBe('rolled_back');
    expect(await unlock({ log: account.log.slice(0, 2) })).toBe('rolled_back');
    await anita.ask.unlock({ password });
    expect(await anita.ask.session()).toMatchObject({ at: 'ready' });
  });
});

describe('locking', () => {
  const secretWords = 'The second case has moved to the afternoon.';

  async function twoWhoTalk(device: 'trust' | 'shared' = 'trust') {
    const world = await World.open();
    const anita = await world.enrolled('anita.patel', 'Dr Anita Patel', device);
    const fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
    const { thread } = await anita.ask.createDirect({ person: fiona.me });
    await anita.say(thread, secretWords);
    return { world, anita, fiona, thread };
  }

  test('R25 H17 after a lock nothing can be read here, the server refuses, and what was half written comes back', async () => {
    const { world, anita, thread } = await twoWhoTalk();
    const draft = 'SBAR. Situation: breathless since';
    await anita.ask.saveDraft({ thread, text: draft });
    await anita.ask.lock();
    const calls: (() => Promise<unknown>)[] = [
      () => anita.ask.inbox(),
      () => anita.ask.openThread({ thread }),
      () => anita.ask.send({ thread, text: 'x' }),
      () => anita.ask.searchDirectory({ query: 'kerr' }),
    ];
    for (const call of calls) expect((await refusalOf(later(call))).code).toBe('locked');
    const disk = await onDisk(anita);
    for (const words of [secretWords, draft, 'Anita', 'Kerr', 'anita.patel', btoa(secretWords).slice(0, 20)]) {
      expect(disk).not.toContain(words);
    }
    expect(await anita.ask.session()).toMatchObject({ at: 'locked', organisation: 'Example Hospital' });
    expect(world.server.accounts.sessions.get(anita.jar.cookie ?? '')?.locked).toBe(true);

    anita.reload();
    expect(await anita.ask.session()).toMatchObject({ at: 'locked' });
    expect((await refusalOf(anita.ask.unlock({ password: 'not the password' }))).code).toBe('password_wrong');
    await anita.ask.unlock({ password });
    const view = await anita.view(thread);
    expect(view.draft?.text).toBe(draft);
    expect(JSON.stringify(view.items)).toContain(secretWords);
  });

  test('R25 it locks by itself after the time of the policy, by the wall clock', async () => {
    const { world, anita } = await twoWhoTalk();
    world.clock.pass(200_000);
    await anita.ask.touch();
    world.clock.pass(200_000);
    expect(anita.told('locked')).toEqual([]);
    // The machine sleeps through the rest, and wakes.
    world.clock.sleep(3_600_000);
    world.clock.pass(2000);
    await until('the lock', async () => anita.told('locked').length === 1);
    expect(anita.told('locked')).toEqual([{ cause: 'idle' }]);
    expect((await refusalOf(later(() => anita.ask.inbox()))).code).toBe('locked');
    await until(
      'the server to be told',
      async () => world.server.accounts.sessions.get(anita.jar.cookie ?? '')?.locked,
    );
  });

  test('the server’s word that the session is locked or over takes the keys', async () => {
    const { world, anita, fiona } = await twoWhoTalk();
    world.server.tell(anita.me, { type: 'locked' });
    await until('the lock', async () => anita.told('locked').length > 0);
    expect(anita.told('locked')).toEqual([{ cause: 'idle' }]);
    world.server.accounts.sessions.delete(fiona.jar.cookie ?? '');
    await refusalOf(fiona.ask.searchDirectory({ query: 'x' }));
    await until('the end', async () => fiona.told('locked').length > 0);
    expect(fiona.told('locked')).toEqual([{ cause: 'revoked' }]);
  });

  test('a second tab takes the keys from the first, and both keep the same device', async () => {
    const { anita, fiona, thread } = await twoWhoTalk();
    const tab = anita.tab();
    await tab.ask.unlock({ password });
    expect(anita.told('locked')).toEqual([{ cause: 'other-tab' }]);
    await tab.say(thread, 'From the second tab.');
    await fiona.sees(thread, 'From the second tab.');
  });

  test('R22 a shared ward PC keeps nothing after signing out, and nothing but sealed drafts and queue while locked', async () => {
    const { anita, thread } = await twoWhoTalk('shared');
    await anita.ask.saveDraft({ thread, text: 'half a thought' });
    await anita.ask.lock();
    const kinds = (await anita.disk.all('')).map(([name]) => name.split('/')[0]);
    expect([...new Set(kinds)].sort()).toEqual(['device', 'draft', 'newest']);
    anita.reload();
    await anita.ask.unlock({ password });
    expect((await anita.view(thread)).draft?.text).toBe('half a thought');
    await anita.ask.signOut();
    expect(await anita.disk.all('')).toEqual([]);
    expect(await anita.ask.session()).toMatchObject({ at: 'signed-out' });
  });

  test('R22 nor when the session ended while nobody was there', async () => {
    const { world, anita } = await twoWhoTalk('shared');
    world.server.accounts.sessions.clear();
    anita.reload();
    expect(await anita.ask.session()).toMatchObject({ at: 'signed-out' });
    expect(await anita.disk.all('')).toEqual([]);
  });

  test('signing out of one’s own device leaves the device, what waits and what was begun, as ciphertext', async () => {
    const { anita, thread } = await twoWhoTalk();
    await anita.ask.saveDraft({ thread, text: 'half a thought' });
    await anita.ask.signOut();
    const kinds = (await anita.disk.all('')).map(([name]) => name.split('/')[0]);
    expect([...new Set(kinds)].sort()).toEqual(['device', 'draft', 'ledger', 'newest']);
    expect(await onDisk(anita)).not.toContain('half a thought');
    expect(await anita.ask.signIn({ username: 'anita.patel', password })).toEqual({ deviceKnown: true });
    await anita.ask.signInCode({ code: rightCode, agreementAccepted: false });
    await anita.online();
    expect((await anita.view(thread)).draft?.text).toBe('half a thought');
    await anita.sees(thread, secretWords);
  });
});

describe('without a network', () => {
  test('R36 a browser that somebody uses is locked and says why; a new one is signed out', async () => {
    const world = await World.open();
    const anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
    anita.reload();
    world.server.broken = 'before';
    expect(await anita.ask.session()).toMatchObject({ at: 'locked', offline: true });
    expect(await new Browser(world).ask.session()).toMatchObject({ at: 'signed-out', offline: true });
    expect(await anita.ask.policies()).toEqual([]);
    world.server.broken = undefined;
    expect(await anita.ask.session()).not.toHaveProperty('offline');
  });
});
