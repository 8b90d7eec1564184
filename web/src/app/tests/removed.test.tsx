import { act } from 'preact/test-utils';
import { expect, test } from 'vitest';
import type { ThreadHead } from '../../core/contract.ts';
import { fetchAll } from '../../features/shell/parts.ts';
import { App } from '../App.tsx';
import { johnHead, people, say } from '../fakeData.ts';
import { mount, settled, shown } from './mount.tsx';

const { patient, link, name, ...rest } = johnHead;
const removed: ThreadHead = {
  ...rest,
  members: johnHead.members.filter(({ me }) => !me),
  mayManage: false,
  mayReadmit: false,
  readOnly: {
    code: 'not_a_member',
    message: 'You are no longer in this thread.',
    hint: 'Ask a member to add you again.',
  },
};

async function removedFrom(hash: string) {
  location.hash = hash;
  await fetchAll();
  const mounted = await mount({}, (client) => <App client={client} fault={undefined} />);
  await settled();
  const unsent = say(people.leila, Date.now(), 'Never sent.', {
    delivery: { state: 'failed', of: 5, reached: 0, seen: 0, error: removed.readOnly ?? { code: '', message: '' } },
  });
  await act(() => mounted.fake.emit('thread:john', { head: removed, items: [unsent], removed: [], arrived: [] }));
  await settled();
  return mounted;
}

test('R13 R31 somebody who was removed is told at once, without the patient and without buttons that cannot work', async () => {
  expect([patient, link, name].every(Boolean)).toBe(true);
  await removedFrom('#/t/john');
  const pane = document.getElementById('main');
  const text = pane?.textContent ?? '';
  expect(text).toContain('You are no longer in this thread.');
  expect(text).toContain('you are no longer in it');
  expect(document.querySelector('#main .pt, #main [aria-label^="Patient"]')).toBeNull();
  expect(pane?.querySelector('h1')?.textContent).toBe('Patient thread');
  expect(document.getElementById('composer')).toBeNull();
  const buttons = [...(pane?.querySelectorAll('button, a.btn') ?? [])].map((each) => each.textContent);
  for (const dead of ['Try again', 'Reply', 'Mark as decision', 'File to the record', 'Leave', 'Remove or leave'])
    expect(buttons).not.toContain(dead);
  expect(shown()).not.toContain('Ask a member to add you again.Ask');
});

test('R13 a sheet that was open says the same and shows nothing of the patient', async () => {
  await removedFrom('#/t/john/file/d1');
  const sheet = document.querySelector('dialog');
  expect(sheet?.textContent).toContain('You are no longer in this thread.');
  expect(sheet?.textContent).not.toMatch(/SMITH|943/);
});
