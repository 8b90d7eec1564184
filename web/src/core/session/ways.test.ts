// @vitest-environment node
import { describe, expect, test, vi } from 'vitest';
import { toBase64 } from '../../api/base64.ts';
import { base64url } from '../../crypto/names.ts';
import { type Bytes, hex, utf8 } from '../../crypto/bytes.ts';
import type { PasskeyAnswer, Way } from '../contract.ts';
import { looksLikeBirthday, pinProblem } from '../pin.ts';
import { rightCode } from '../testing/account.ts';
import { Browser, World, password, refusalOf, until } from '../testing/world.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const pin = (digits = '270419') => utf8(digits);
const label = 'Chrome on Android';

/** A passkey as a browser has it: its secret never changes, unless it loses it. */
class Passkey {
  readonly id: string;
  secret: Bytes | undefined;

  constructor(id: string, prf = true) {
    this.id = id;
    if (prf) this.secret = new Uint8Array(32).fill(id.length);
  }

  answer(): PasskeyAnswer {
    const results = this.secret && { first: base64url(this.secret) };
    const credential = {
      id: this.id,
      rawId: this.id,
      type: 'public-key',
      response: { clientDataJSON: 'AAAA', authenticatorData: 'AAAA', signature: 'AAAA' },
      // A page that forgot to take it out: the worker does.
      clientExtensionResults: { prf: { results } },
    };
    return { credential, ...(this.secret ? { prf: this.secret.slice() } : {}) };
  }
}

async function addTo(browser: Browser, passkey: Passkey): Promise<void> {
  await browser.ask.passkeyOptions({ for: 'add' });
  await browser.ask.addPasskey({ ...passkey.answer(), label: 'a key' });
}

async function one(device: 'trust' | 'shared' = 'trust') {
  const world = await World.open();
  const anita = await world.enrolled('anita.patel', 'Dr Anita Patel', device);
  const account = world.server.accounts.named('anita.patel');
  if (!account) throw new Error('no account');
  return { world, anita, account };
}

async function two() {
  const { world, anita, account } = await one();
  const other = new Browser(world);
  await other.signIn('anita.patel');
  await other.online();
  other.me = anita.me;
  return { world, anita, other, account };
}

const wayIn = async (browser: Browser, kind: Way['kind']): Promise<Way> => {
  const { ways } = await browser.ask.listUnlockers();
  const found = ways.find((each) => each.kind === kind);
  if (!found) throw new Error(`no ${kind}`);
  return found;
};

const ready = async (browser: Browser) => expect((await browser.ask.session()).at).toBe('ready');

describe('R24 the PIN', () => {
  test('set, locked, opened by it; the digits are zeroed and never sent', async () => {
    const { world, anita } = await one();
    const given = pin();
    await anita.ask.setPin({ pin: given, label });
    expect([...given]).toEqual([0, 0, 0, 0, 0, 0]);
    await anita.ask.lock();
    anita.reload();
    expect(await anita.ask.session()).toMatchObject({ at: 'locked', pin: true, passkey: false });
    const again = pin();
    await anita.ask.unlockWithPin({ pin: again });
    expect(again.every((digit) => digit === 0)).toBe(true);
    await ready(anita);
    const sent = world.server.sent.join('\n');
    for (const secret of ['270419', toBase64(pin()), hex(pin())]) expect(sent).not.toContain(secret);
  });

  test('a wrong one counts down in words; ten wrong ones and it is gone, then the password opens', async () => {
    const { world, anita } = await one();
    await anita.ask.setPin({ pin: pin(), label });
    await anita.ask.lock();
    const wrong = () => refusalOf(anita.ask.unlockWithPin({ pin: pin('918273') }));
    expect(await wrong()).toMatchObject({ code: 'pin_wrong', message: 'That is not your PIN.' });
    for (let tries = 2; tries < 9; tries++) expect((await wrong()).code).toBe('pin_wrong');
    expect((await wrong()).hint).toBe(
      'One try is left. After that this PIN is used up, and your password or a passkey opens Wardline.',
    );
    expect((await wrong()).code).toBe('pin_gone');
    expect(await anita.ask.session()).toMatchObject({ at: 'locked', pin: false });
    expect((await refusalOf(anita.ask.unlockWithPin({ pin: pin() }))).code).toBe('pin_gone');
    await anita.ask.unlock({ password });
    await ready(anita);
    expect(await wayIn(anita, 'pin')).toMatchObject({ gone: true, here: true });
    // On her other devices it is another device's.
    const other = new Browser(world);
    await other.signIn('anita.patel');
    expect(await wayIn(other, 'pin')).toMatchObject({ gone: true, here: false });
    // A new one takes the place of the one that is gone.
    await anita.ask.setPin({ pin: pin(), label });
    expect((await anita.ask.listUnlockers()).ways.filter(({ kind }) => kind === 'pin')).toHaveLength(1);
  });

  test('a right one gives all ten tries back', async () => {
    const { anita, account } = await one();
    await anita.ask.setPin({ pin: pin(), label });
    await anita.ask.lock();
    await refusalOf(anita.ask.unlockWithPin({ pin: pin('918273') }));
    await anita.ask.unlockWithPin({ pin: pin() });
    expect([...account.ways.values()].map((way) => way.pin?.tries)).toEqual([10]);
  });

  test('of a disk that was copied to another profile is useless: the local key does not come along', async () => {
    const { world, anita } = await one();
    await anita.ask.setPin({ pin: pin(), label });
    await anita.ask.lock();
    const thief = new Browser(world);
    Object.assign(thief.jar, anita.jar);
    // What a copy of the files holds: every record, but keys as the browser gives them out, which is not at all.
    for (const [name, value] of await anita.disk.all('')) {
      if (!name.startsWith('pin/')) await thief.disk.change({ put: [[name, value]] });
      else expect((value as { key: CryptoKey }).key.extractable).toBe(false);
    }
    thief.reload();
    expect(await thief.ask.session()).toMatchObject({ at: 'locked', pin: false });
    expect((await refusalOf(thief.ask.unlockWithPin({ pin: pin() }))).code).toBe('pin_gone');
  });

  test('weak ones are refused by the worker too', async () => {
    const { anita, account } = await one();
    const refused = await refusalOf(anita.ask.setPin({ pin: pin('123456'), label }));
    expect(refused).toMatchObject({ code: 'pin_weak', message: 'This PIN is too easy to guess.' });
    expect(account.ways.size).toBe(0);
  });

  test.each([
    ['12345', 'short'],
    ['1234567890123', 'long'],
    ['27041a', 'digits'],
    ['777777', 'same'],
    ['123456', 'run'],
    ['987654', 'run'],
    ['890123', 'run'],
    ['272727', 'repeat'],
    ['123123', 'repeat'],
    ['274274274', 'repeat'],
    ['159753', 'common'],
    ['270419', undefined],
    ['01843705', undefined],
  ])('%s: %s', (digits, problem) => expect(pinProblem(utf8(digits))).toBe(problem));

  test.each([
    ['270484', true],
    ['27041984', true],
    ['310284', false],
    ['018437', false],
    ['27042019', false],
  ])('%s looks like a date of birth: %s', (digits, looks) => expect(looksLikeBirthday(utf8(digits))).toBe(looks));

  test('R22 a shared PC forgets it when its person signs out', async () => {
    const { anita } = await one('shared');
    await anita.ask.setPin({ pin: pin(), label });
    await anita.ask.lock();
    await anita.ask.unlockWithPin({ pin: pin() });
    await anita.ask.signOut();
    expect(await anita.disk.all('')).toEqual([]);
  });

  test('a changed one replaces the old under a new account key, and the old opens nothing', async () => {
    const { anita, account } = await one();
    await anita.ask.setPin({ pin: pin(), label });
    await anita.ask.setPin({ pin: pin('640285'), label });
    expect(account.ways.size).toBe(1);
    await anita.ask.lock();
    expect((await refusalOf(anita.ask.unlockWithPin({ pin: pin() }))).code).toBe('pin_wrong');
    await anita.ask.unlockWithPin({ pin: pin('640285') });
    await ready(anita);
  });
});

describe('R23 passkeys', () => {
  test('added, and opens by itself; no request of any kind has its secret', async () => {
    const { world, anita } = await one();
    const passkey = new Passkey('cred-one');
    await addTo(anita, passkey);
    await anita.ask.lock();
    anita.reload();
    expect(await anita.ask.session()).toMatchObject({ at: 'locked', passkey: true });
    await anita.ask.passkeyOptions({ for: 'unlock' });
    const answer = passkey.answer();
    await anita.ask.unlockWithPasskey(answer);
    expect(answer.prf?.every((byte) => byte === 0)).toBe(true);
    await ready(anita);
    const secret = passkey.secret ?? new Uint8Array();
    const sent = world.server.sent.join('\n');
    expect(sent).toContain('cred-one');
    for (const words of [base64url(secret), toBase64(secret), hex(secret), 'prf']) expect(sent).not.toContain(words);
  });

  test('signs in on a new browser, which becomes a device and shows what was said', async () => {
    const { world, anita } = await one();
    const fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
    const { thread } = await anita.ask.createDirect({ person: fiona.me });
    await anita.say(thread, 'Said before the passkey was used.');
    const passkey = new Passkey('cred-two');
    await addTo(anita, passkey);
    const second = new Browser(world);
    await second.ask.passkeyOptions({ for: 'sign-in' });
    expect(await second.ask.passkeySignIn(passkey.answer())).toEqual({ deviceKnown: false, password: false });
    const choice = await refusalOf(second.ask.finishPasskeySignIn({ agreementAccepted: false }));
    expect(choice.code).toBe('device_choice_needed');
    await second.ask.finishPasskeySignIn({ device: 'trust', agreementAccepted: false });
    await second.online();
    await second.sees(thread, 'Said before the passkey was used.');
    // The second time the browser is known, and stays the device that it is.
    const entries = world.server.accounts.named('anita.patel')?.log.length;
    await second.ask.signOut();
    await second.ask.passkeyOptions({ for: 'sign-in' });
    expect((await second.ask.passkeySignIn(passkey.answer())).deviceKnown).toBe(true);
    await second.ask.finishPasskeySignIn({ agreementAccepted: false });
    await ready(second);
    expect(world.server.accounts.named('anita.patel')?.log.length).toBe(entries);
  });

  test('without PRF it is a second factor: the password opens, no code is asked, and it is no unlocker', async () => {
    const { world, anita, account } = await one();
    const passkey = new Passkey('cred-bare', false);
    await addTo(anita, passkey);
    expect(account.ways.size).toBe(0);
    expect(await wayIn(anita, 'passkey')).toMatchObject({ opens: false, removable: true });
    const second = new Browser(world);
    await second.ask.passkeyOptions({ for: 'sign-in' });
    expect(await second.ask.passkeySignIn(passkey.answer())).toEqual({ deviceKnown: false, password: true });
    const bare = await refusalOf(second.ask.finishPasskeySignIn({ device: 'trust', agreementAccepted: false }));
    expect(bare.code).toBe('passkey_without_key');
    const finish = (secret: string) =>
      second.ask.finishPasskeySignIn({ password: secret, device: 'trust', agreementAccepted: false });
    expect((await refusalOf(finish('not the password'))).code).toBe('password_wrong');
    await finish(password);
    await ready(second);
    await anita.ask.removeUnlocker({ id: 'cred-bare', opens: false });
    expect(account.bare).toEqual([]);
  });

  test('whose PRF has vanished, or has changed, says so and lets the password open', async () => {
    const { anita } = await one();
    const passkey = new Passkey('cred-three');
    await addTo(anita, passkey);
    for (const secret of [undefined, new Uint8Array(32).fill(99)]) {
      await anita.ask.lock();
      passkey.secret = secret;
      await anita.ask.passkeyOptions({ for: 'unlock' });
      const refused = await refusalOf(anita.ask.unlockWithPasskey(passkey.answer()));
      expect(refused.message).toBe('This passkey proved that it is you, but it cannot open your messages.');
      await anita.ask.unlock({ password });
      await ready(anita);
    }
  });

  test('a ticket is good for one try', async () => {
    const { anita } = await one();
    const passkey = new Passkey('cred-four');
    await addTo(anita, passkey);
    await anita.ask.lock();
    expect((await refusalOf(anita.ask.unlockWithPasskey(passkey.answer()))).code).toBe('ticket_spent');
  });

  test('nobody’s passkey signs nobody in', async () => {
    const { world } = await one();
    const browser = new Browser(world);
    await browser.ask.passkeyOptions({ for: 'sign-in' });
    const refused = await refusalOf(browser.ask.passkeySignIn(new Passkey('stranger').answer()));
    expect(refused.code).toBe('passkey_refused');
  });
});

describe('R23 changing what opens Wardline', () => {
  const changed = 'four quick otters at the weir';

  test('the new password works on another browser, the old one fails, and what was here is still here', async () => {
    const { world, anita, other, account } = await two();
    const fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
    const { thread } = await anita.ask.createDirect({ person: fiona.me });
    await anita.say(thread, 'Before the change.');
    await other.sees(thread, 'Before the change.');
    await other.ask.saveDraft({ thread, text: 'another half' });
    await anita.ask.changePassword({ old: password, password: changed, label: '' });
    // Whoever writes next seals to the new generation.
    await fiona.say(thread, 'After the change.');
    await anita.sees(thread, 'After the change.');
    await anita.say(thread, 'And an answer.');
    await fiona.sees(thread, 'And an answer.');
    await anita.ask.saveDraft({ thread, text: 'half a thought' });

    await refusalOf((async () => other.ask.searchDirectory({ query: 'x' }))());
    await until('the lock', async () => other.told('locked').length > 0);
    expect((await refusalOf(other.ask.unlock({ password }))).code).toBe('password_wrong');
    await other.ask.unlock({ password: changed });
    // A sentence, not an error; and what lay here under the old key is read and sealed anew.
    expect(await other.ask.session()).toMatchObject({ at: 'ready', changedElsewhere: true });
    expect((await other.view(thread)).draft?.text).toBe('another half');
    await other.sees(thread, 'After the change.');
    await other.ask.lock();
    await other.ask.unlock({ password: changed });
    expect(await other.ask.session()).not.toHaveProperty('changedElsewhere');
    expect((await other.view(thread)).draft?.text).toBe('another half');

    await anita.ask.lock();
    expect((await refusalOf(anita.ask.unlock({ password }))).code).toBe('password_wrong');
    await anita.ask.unlock({ password: changed });
    expect(await anita.ask.session()).not.toHaveProperty('changedElsewhere');
    expect((await anita.view(thread)).draft?.text).toBe('half a thought');

    const third = new Browser(world);
    await third.ask.signIn({ username: 'anita.patel', password: changed });
    await third.ask.signInCode({ code: rightCode, device: 'trust', agreementAccepted: false });
    await third.online();
    await third.sees(thread, 'Before the change.');
    expect(account.log.length).toBeGreaterThan(4);
  });

  test('a wrong old one changes nothing, a short new one is refused', async () => {
    const { anita, account } = await one();
    const before = account.secret?.sealedVault;
    const change = (old: string, to: string) =>
      refusalOf(anita.ask.changePassword({ old, password: to, label: '' })).then(({ code }) => code);
    expect(await change('not the password', changed)).toBe('password_wrong');
    expect(await change(password, 'short')).toBe('password_short');
    expect(account.secret?.sealedVault).toBe(before);
  });

  test('one that is removed opens nothing more; the last one stays, and a PIN is never the last', async () => {
    const { anita, account } = await one();
    const passkey = new Passkey('cred-five');
    await addTo(anita, passkey);
    await anita.ask.setPin({ pin: pin(), label });
    const { id } = await wayIn(anita, 'passkey');
    await anita.ask.removeUnlocker({ id, opens: true });
    expect(await wayIn(anita, 'password')).toMatchObject({ removable: false });
    expect(await wayIn(anita, 'pin')).toMatchObject({ removable: true, here: true });
    const last = await wayIn(anita, 'password');
    expect((await refusalOf(anita.ask.removeUnlocker({ id: last.id, opens: true }))).code).toBe('not_entitled');
    await anita.ask.lock();
    await anita.ask.passkeyOptions({ for: 'unlock' });
    expect((await refusalOf(anita.ask.unlockWithPasskey(passkey.answer()))).code).toBe('passkey_refused');
    // The PIN was wrapped anew.
    await anita.ask.unlockWithPin({ pin: pin() });
    await ready(anita);
    await anita.ask.removeUnlocker({ id: (await wayIn(anita, 'pin')).id, opens: true });
    expect(account.ways.size).toBe(0);
    expect(await anita.disk.all('pin/')).toEqual([]);
  });

  test('needs a fresh proof: asked, given, and done when it is repeated', async () => {
    const { world, anita } = await one();
    const session = world.server.accounts.sessions.get(anita.jar.cookie ?? '');
    if (!session) throw new Error('no session');
    session.proved = false;
    const refused = await refusalOf(anita.ask.setPin({ pin: pin(), label }));
    expect(refused).toMatchObject({ code: 'proof_needed', message: 'Please confirm that it is you.' });
    expect((await refusalOf(anita.ask.prove({ password: 'not it' }))).code).toBe('password_wrong');
    await anita.ask.prove({ password });
    await anita.ask.setPin({ pin: pin(), label });
    await anita.ask.lock();
    await anita.ask.unlockWithPin({ pin: pin() });
    session.proved = false;
    expect((await refusalOf(anita.ask.passkeyOptions({ for: 'add' }))).code).toBe('proof_needed');
  });

  test('two devices that change at once: the later one begins again on what the other made', async () => {
    const { world, anita, other } = await two();
    await Promise.all([
      anita.ask.setPin({ pin: pin(), label: 'one' }),
      other.ask.setPin({ pin: pin('640285'), label: 'two' }),
    ]);
    const { ways } = await anita.ask.listUnlockers();
    expect(ways.map(({ kind }) => kind).sort()).toEqual(['password', 'pin', 'pin']);
    expect(world.server.asked.filter((route) => route === 'POST /v1/unlockers').length).toBeGreaterThanOrEqual(2);
  });

  test('a server that answers with what was before the change is found out, by wrap, by vault and by log', async () => {
    const { world, anita, account } = await one();
    const passkey = new Passkey('cred-six');
    await addTo(anita, passkey);
    const { secret } = account;
    if (!secret) throw new Error('not enrolled');
    const old = { akWrap: secret.akWrap, sealedVault: secret.sealedVault, sealedIdentity: secret.sealedIdentity };
    const log = [...account.log];
    await anita.ask.removeUnlocker({ id: (await wayIn(anita, 'passkey')).id, opens: true });
    const unlock = async (change: object) => {
      await anita.ask.lock();
      world.server.tamper = (route, value) =>
        route.endsWith('/unlock')
          ? { ...(value as object), unlock: { ...(value as { unlock: object }).unlock, ...change } }
          : value;
      const refused = await refusalOf(anita.ask.unlock({ password }));
      world.server.tamper = (_route, value) => value;
      return refused.code;
    };
    expect(await unlock({ ...old, log })).toBe('rolled_back');
    expect(await unlock({ akWrap: old.akWrap })).toBe('rolled_back');
    expect(await unlock({ sealedVault: old.sealedVault })).toBe('rolled_back');
    // The vault holds a key that such a log does not certify.
    expect(await unlock({ log })).toBe('wrong_identity');
    await anita.ask.lock();
    await anita.ask.unlock({ password });
    await ready(anita);
  });
});
