import { expect, test } from 'vitest';
import { App } from '../App.tsx';
import { policy as data } from '../fakeData.ts';
import { button, find, mount, press, settled, shown } from './mount.tsx';

const open = (options: Parameters<typeof mount>[0]) =>
  mount(options, (client) => <App client={client} fault={undefined} />);

/** The part comes when it is needed. */
async function sheet(): Promise<void> {
  await expect.poll(async () => (await settled(), shown())).toContain('Say no more than the work needs.');
}

test('R36 a policy is laid over the inbox once, and accepted with one button', async () => {
  const { fake } = await open({ policy: true });
  await sheet();
  expect(location.hash).toBe(`#/policies/${data.policy}/2`);
  expect(shown()).toContain('What changed');
  await press(button('I have read it and accept'));
  await settled();
  expect(fake.calls.find(({ verb }) => verb === 'acceptPolicy')?.arg).toEqual({
    policy: data.policy,
    version: 2,
    hash: data.hash,
  });
  expect(location.hash).not.toContain('policies');
});

test('R36 somebody on duty is asked at the end of it', async () => {
  const { fake } = await open({ policy: true });
  await sheet();
  await press(button('On duty: ask me at the end'));
  expect(fake.calls.some(({ verb }) => verb === 'deferPolicy')).toBe(true);
  await settled();
  expect(location.hash).not.toContain('policies');
});

test('R36 put aside, it leaves threads readable and takes the place of the composer', async () => {
  const { client } = await open({ policy: true });
  await sheet();
  await press(find('button', 'Close, read messages first'));
  client.router.go({ at: 'thread', thread: 'team' });
  await expect.poll(async () => (await settled(), shown())).toContain('There is a policy to read and accept.');
  expect(document.getElementById('composer')).toBeNull();
  expect(document.querySelector('dialog')).toBeNull();
  await press(find('a', 'Read and accept'));
  await sheet();
});

test('R36 it is never laid over an emergency that nobody has read', async () => {
  const { fake, client } = await mount({ policy: true });
  const [first, ...others] = await fake.inbox();
  if (!first) throw new Error('no thread');
  fake.emit('inbox', [{ ...first, urgency: 'emergency', unread: 1 }, ...others]);
  const { render } = await import('preact');
  const { ClientContext } = await import('../../features/session/client.ts');
  render(
    <ClientContext.Provider value={client}>
      <App client={client} fault={undefined} />
    </ClientContext.Provider>,
    document.body,
  );
  await settled();
  expect(location.hash).not.toContain('policies');
});

test('R36 it makes way for an emergency that arrives', async () => {
  const { fake } = await open({ policy: true });
  await sheet();
  const [first, ...others] = await fake.inbox();
  if (!first) throw new Error('no thread');
  fake.emit('inbox', [{ ...first, urgency: 'emergency', unread: 1 }, ...others]);
  await settled();
  expect(location.hash).not.toContain('policies');
  // Going back is told a moment later.
  await expect.poll(async () => (await settled(), document.querySelector('dialog'))).toBeNull();
});

test('R36 the policies can be read while Wardline is locked', async () => {
  const { client } = await open({ state: 'locked' });
  client.router.go({ at: 'policies' });
  await expect.poll(async () => (await settled(), shown())).toContain('Instant messaging at work');
  client.router.go({ at: 'policy', policy: data.policy, version: 2 });
  await sheet();
  expect(document.querySelector('script, img, iframe')).toBeNull();
});
