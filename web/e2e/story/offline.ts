/** Bad Wi-Fi: what is written waits, says so, and goes once. */
import { describe, expect, test } from 'vitest';
import { patience } from '../harness/person.ts';
import type { Chapter } from './world.ts';

export const offline: Chapter = (world) =>
  describe('offline', () => {
    test('R01 a message waits in the outbox and says so', async () => {
      const { anita } = world();
      const said = world().secret('The lift is out, take the back stairs.');
      await anita.open('/#/');
      await anita.openThread('Dr Fiona Kerr');
      await anita.page.context().setOffline(true);
      await anita.sees(anita.text('Offline.'));
      await anita.say(said);
      await anita.sees(anita.message(said).getByText('Queued'));
      await anita.sees(anita.text(/1 message is queued on this device/));
      await anita.look('60-offline', { layouts: 'own' });
    });

    test('R01 back online it goes, once', async () => {
      const { anita, fiona } = world();
      await fiona.open('/#/');
      await fiona.openThread('Dr Anita Patel');
      await anita.page.context().setOffline(false);
      await fiona.sees(fiona.message('take the back stairs'));
      await anita.seesNoMore(anita.text('Offline.'));
      await anita.seesNoMore(anita.message('take the back stairs').getByText('Queued'));
      await fiona.say(world().secret('Thanks, going round.'));
      await anita.sees(anita.message('Thanks, going round.'));
      for (const person of [anita, fiona]) {
        await expect.poll(() => person.message('take the back stairs').count(), { timeout: patience }).toBe(1);
      }
    });

    test('R36 without a network it starts locked, says so, and the policies can be read', async () => {
      const { anita } = world();
      const { page } = anita;
      const kept = () =>
        page.evaluate(async () => {
          const registration = await navigator.serviceWorker.getRegistration();
          return registration?.active?.state;
        });
      await expect.poll(kept, { timeout: 30_000 }).toBe('activated');
      await page.context().setOffline(true);
      await page.reload();
      await anita.sees(anita.heading('Locked'));
      await anita.sees(anita.text('Offline.'));
      await anita.look('61-offline-locked');
      await page.getByRole('link', { name: 'Policies' }).click();
      await anita.sees(anita.heading('Policies'));
      await anita.look('62-offline-policies');
      await page.getByRole('link', { name: /Instant messaging at work/ }).click();
      await anita.sees(anita.heading('The health record comes first'));
      await anita.look('63-offline-policy');
      await page.context().setOffline(false);
      await anita.open('/#/');
      await anita.seesNoMore(anita.text('Offline.'));
      await anita.unlock();
      await anita.sees(anita.row('Dr Fiona Kerr'));
    });

    test('R01 while the server is away the lock screen says so, and no more when it is back, of which no browser tells', async () => {
      const { anita } = world();
      const { page } = anita;
      const isServer = (url: URL) => url.pathname.startsWith('/v1/');
      await page.context().route(isServer, (route) => route.abort('connectionrefused'));
      await page.reload();
      await anita.sees(anita.text('Offline.'));
      await page.context().unroute(isServer);
      await anita.seesNoMore(anita.text('Offline.'));
      await anita.unlock();
      await anita.sees(anita.row('Dr Fiona Kerr'));
    });
  });
