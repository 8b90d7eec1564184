import { expect, test, vi } from 'vitest';
import { More } from '../../features/settings/More.tsx';
import { ConnectionBar } from '../../features/shell/ConnectionBar.tsx';
import { rowsOf } from '../../ui/Fingerprint.tsx';
import { button, mount, press, settled, shown } from './mount.tsx';

test('P3 a fingerprint is written as the program prints it', () => {
  const hex = `a91b${'0'.repeat(58)}3a`;
  expect(rowsOf(hex)).toEqual([
    'a91b 0000 0000 0000',
    '0000 0000 0000 0000',
    '0000 0000 0000 0000',
    '0000 0000 0000 003a',
  ]);
});

test('P3 More says whose server this is, with the version, and those before it', async () => {
  await mount({ renewed: true }, () => <More />);
  await settled();
  expect(shown()).toContain('Whose server this is');
  expect(shown()).toContain('Manifest version 2. 3 officers answer for it');
  const all = [...document.querySelectorAll('.fingerprint')].map((one) => one.textContent?.slice(0, 9));
  expect(all).toEqual(['3f10 d2c4', 'a91b e07c']);
  expect(shown()).toContain('Earlier versions');
});

test('P3 without a second manifest there is nothing before it', async () => {
  await mount({}, () => <More />);
  await settled();
  expect(shown()).toContain('Manifest version 1');
  expect(shown()).not.toContain('Earlier versions');
});

test('P4 the alarm saves its evidence as a file', async () => {
  const evidence = 'wardline-evidence-v1\nsplit_view\nseen QQ\nshown QQ\ntold -\n';
  const blobs: Blob[] = [];
  vi.stubGlobal(
    'URL',
    Object.assign(URL, {
      createObjectURL: (blob: Blob) => (blobs.push(blob), 'blob:proof'),
      revokeObjectURL: () => undefined,
    }),
  );
  const saved: string[] = [];
  const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(`${this.download} ${this.href}`);
  });
  await mount({ connection: { state: 'online', queued: 0, alarm: { by: 'Dr Ben Okoro', evidence } } }, () => (
    <ConnectionBar />
  ));
  expect(shown()).toContain('Dr Ben Okoro’s device');
  await press(button('Save the proof'));
  expect(saved).toEqual(['wardline-evidence.txt blob:proof']);
  expect(await blobs[0]?.text()).toBe(evidence);
  click.mockRestore();
});
