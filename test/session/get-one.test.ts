import { expect, test } from 'vitest';

import { NoResultError, NoSuchObject } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { User } from '../support/models.ts';
import { open } from '../support/open-session.ts';

for (const database of DATABASES) {
  test(`getOne on ${database.name} names what there is none of, and get gives null`, async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    took();
    const missing = session.getOne(User, 7);
    await expect(missing).rejects.toBeInstanceOf(NoSuchObject);
    await expect(missing).rejects.toBeInstanceOf(NoResultError);
    await expect(missing).rejects.toThrow(
      'There is no User with the key that getOne() was given. Use get(), which gives null, if there may be none. [QUERY_NO_RESULT]',
    );
    expect(await session.get(User, 7)).toBeNull();
    expect(took().filter((sql) => sql !== 'begin')).toEqual(['select users by id', 'select users by id']);
  });
}
