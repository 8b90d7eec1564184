import { describe, expect, test, vi } from 'vitest';
import type { Call, WorkerPort } from '../core/contract.ts';
import { connect, portOf } from './worker.ts';

function setUp() {
  const posted: Call[] = [];
  let hear: (frame: unknown) => void = () => undefined;
  const port: WorkerPort = {
    post: (frame) => posted.push(frame),
    listen: (handler) => {
      hear = handler;
    },
  };
  return { wardline: connect(port), posted, frame: (value: unknown) => hear(value) };
}

const signedOut = { at: 'signed-out', organisation: 'Northbridge', demonstration: false };

describe('a verb', () => {
  test('becomes a call with a number of its own and an answer', async () => {
    const { wardline, posted, frame } = setUp();
    const first = wardline.about();
    const second = wardline.signIn({ username: 'a', password: 'b' });
    expect(posted).toEqual([
      { id: 1, verb: 'about', args: [] },
      { id: 2, verb: 'signIn', args: [{ username: 'a', password: 'b' }] },
    ]);
    frame({ id: 2, ok: { deviceKnown: true } });
    frame({ id: 1, ok: { version: '1' } });
    expect(await second).toEqual({ deviceKnown: true });
    expect(await first).toEqual({ version: '1' });
  });

  test('that is refused rejects with the code, the words and the hint', async () => {
    const { wardline, frame } = setUp();
    const answer = wardline.unlock({ password: 'x' });
    frame({ id: 1, error: { code: 'password_wrong', message: 'Not your password.', hint: 'Nine tries.' } });
    await expect(answer).rejects.toMatchObject({
      code: 'password_wrong',
      message: 'Not your password.',
      hint: 'Nine tries.',
    });
  });

  test.each([
    ['session', { at: 'elsewhere' }],
    ['inbox', [{ id: 1 }]],
    ['openThread', { head: {}, items: [] }],
    ['checkText', 'nothing'],
  ] as const)('%s whose answer has another shape rejects instead of being drawn', async (verb, value) => {
    const { wardline, frame } = setUp();
    const answer = (wardline[verb] as (arg?: unknown) => Promise<unknown>)({});
    frame({ id: 1, ok: value });
    await expect(answer).rejects.toMatchObject({ code: 'worker.answer' });
  });

  test.each([null, 'text', {}, { id: '1', ok: 1 }, { id: 99, ok: 1 }, { id: 1, error: 'no' }])(
    'is not answered by %j',
    async (value) => {
      const { wardline, frame } = setUp();
      const settled = vi.fn();
      void wardline.about().then(settled, settled);
      frame(value);
      await Promise.resolve();
      expect(settled).not.toHaveBeenCalled();
    },
  );
});

describe('an event', () => {
  test('reaches those who asked for it until they stop', () => {
    const { wardline, frame } = setUp();
    const heard = vi.fn();
    const stop = wardline.on('state', heard);
    frame({ event: 'state', data: signedOut });
    stop();
    frame({ event: 'state', data: signedOut });
    expect(heard).toHaveBeenCalledTimes(1);
    expect(heard).toHaveBeenCalledWith(signedOut);
  });

  test('of one thread does not reach another', () => {
    const { wardline, frame } = setUp();
    const heard = vi.fn();
    wardline.on('thread:a', heard);
    frame({ event: 'thread:b', data: { items: [], removed: [], arrived: [] } });
    expect(heard).not.toHaveBeenCalled();
    frame({ event: 'thread:a', data: { items: [], removed: ['k'], arrived: [] } });
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test.each([
    { event: 'state', data: { at: 'ready' } },
    { event: 'inbox', data: 'none' },
    { event: 'thread:a', data: { items: [{ kind: 'script' }], removed: [], arrived: [] } },
    { event: 'constructor', data: {} },
    { event: 'unknown', data: {} },
  ])('of another shape is dropped: %j', (value) => {
    const { wardline, frame } = setUp();
    const heard = vi.fn();
    wardline.on('state', heard);
    wardline.on('inbox', heard);
    wardline.on('thread:a', heard);
    frame(value);
    expect(heard).not.toHaveBeenCalled();
  });
});

test('a worker that fails answers every call with words', async () => {
  const worker = new EventTarget() as Worker;
  worker.postMessage = () => undefined;
  const wardline = connect(portOf(worker));
  const early = wardline.session();
  worker.dispatchEvent(new Event('error'));
  await expect(early).rejects.toMatchObject({ code: 'worker.failed' });
  await expect(wardline.about()).rejects.toMatchObject({ code: 'worker.failed' });
});
