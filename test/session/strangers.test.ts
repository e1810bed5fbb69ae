import { describe, expect, test } from 'vitest';

import { DATABASES } from '../support/databases.ts';
import { Address, Job, User } from '../support/models.ts';
import { open, rowsOf } from '../support/open-session.ts';
import { recordWarnings } from '../support/warnings.ts';

const job = (title: string, owner: User): Job => new Job({ title, owner });
const titles = (user: User): string[] => (user.jobs as Job[]).map((each) => each.title);

describe.for(DATABASES)('objects of no session, or another, on $name', (database) => {
  test('warn of a link to an object that is not in the session, and skip it', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const address = new Address({ street: 'a' });
    session.add(address);
    await session.flush();
    const warnings = recordWarnings();
    const stranger = new User({ name: 'Ada' });
    (stranger.addresses as Address[]).push(address);
    expect(session.has(stranger)).toBe(false);
    await session.flush();
    expect(await warnings.take()).toEqual([
      {
        code: 'HERMETIC_NOT_IN_SESSION',
        message:
          '<User> is not in the session, so <Address> is not linked to it by Address.user. Add it to the session first.',
      },
    ]);
    expect([address.userId, session.dirty]).toEqual([null, []]);
    session.add(stranger);
    await session.commit();
    expect([address.userId, address.user]).toEqual([stranger.id, stranger]);
    expect(await rowsOf(engine, 'addresses', 'user_id')).toEqual([[stranger.id]]);
  });

  test('refuse an object of another session and stay as they were', async () => {
    const { Session } = await open(database);
    await using here = Session();
    await using there = Session();
    const ada = new User({ name: 'Ada' });
    here.add(ada);
    const theirs = job('theirs', new User({ name: 'Bob' }));
    there.add(theirs);
    const refusal = expect.objectContaining({ code: 'SESSION_ALREADY_ATTACHED' });
    expect(() => (ada.jobs as Job[]).push(theirs)).toThrow(refusal);
    expect(() => (theirs.owner = ada)).toThrow(refusal);
    expect(() => (ada.jobs = [theirs])).toThrow(refusal);
    expect([titles(ada), (theirs.owner as User).name]).toEqual([[], 'Bob']);
    const carrier = new User({ name: 'Eve' });
    (carrier.jobs as Job[]).push(theirs);
    expect(() => here.add(carrier)).toThrow(refusal);
    expect([here.has(carrier), here.new]).toEqual([false, [ada]]);
  });
});
