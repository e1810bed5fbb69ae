import { describe, expect, it } from 'vitest';

import { LinkedQueue } from '../../src/util/linked-queue.ts';
import type { QueueLinks } from '../../src/util/linked-queue.ts';

class Member implements QueueLinks<Member> {
  readonly name: string;
  previous: Member | undefined = undefined;
  next: Member | undefined = undefined;
  queue: unknown = undefined;

  constructor(name: string) {
    this.name = name;
  }
}

function line(names: string): { queue: LinkedQueue<Member>; members: Member[] } {
  const queue = new LinkedQueue<Member>();
  const members = [...names].map((name) => new Member(name));
  for (const member of members) queue.push(member);
  return { queue, members };
}

function names(queue: LinkedQueue<Member>): string {
  return [...queue].map((member) => member.name).join('');
}

describe('LinkedQueue', () => {
  it('takes from either end', () => {
    const { queue } = line('abcd');
    expect([queue.shift()?.name, queue.pop()?.name, names(queue), queue.length]).toEqual(['a', 'd', 'bc', 2]);
  });

  it('gives nothing when empty', () => {
    const { queue } = line('');
    expect([queue.shift(), queue.pop(), queue.first, queue.length]).toEqual([undefined, undefined, undefined, 0]);
  });

  it('lets the first, the last and the middle leave', () => {
    const { queue, members } = line('abcde');
    const left = [members[0], members[2], members[4]].map((member) => member !== undefined && queue.remove(member));
    expect([left, names(queue), queue.length, queue.first?.name]).toEqual([[true, true, true], 'bd', 2, 'b']);
  });

  it('refuses to remove a member twice, or one of another queue', () => {
    const { queue, members } = line('ab');
    const other = line('x');
    const a = members[0] as Member;
    const x = other.members[0] as Member;
    expect([queue.remove(a), queue.remove(a), queue.remove(x), names(queue), names(other.queue)]).toEqual([
      true,
      false,
      false,
      'b',
      'x',
    ]);
  });

  it('takes a member back after it left', () => {
    const { queue, members } = line('ab');
    const a = queue.shift() as Member;
    queue.push(a);
    expect([names(queue), members[0]?.queue === queue]).toEqual(['ba', true]);
  });

  it('lets the visited member leave while it is walked', () => {
    const { queue } = line('abcd');
    const seen: string[] = [];
    for (const member of queue) {
      seen.push(member.name);
      queue.remove(member);
    }
    expect([seen.join(''), queue.length]).toEqual(['abcd', 0]);
  });
});
