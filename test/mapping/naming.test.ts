import { array, assert, property, string, stringMatching } from 'fast-check';
import { describe, expect, it } from 'vitest';

import { camelCase, snakeCase } from '../../src/mapping/naming.ts';

const word = stringMatching(/^[a-z][a-z0-9]{1,8}$/);
const words = array(word, { minLength: 1, maxLength: 5 });

describe('snakeCase', () => {
  it.each([
    ['id', 'id'],
    ['createdAt', 'created_at'],
    ['userID', 'user_id'],
    ['HTTPServer', 'http_server'],
    ['htmlURLPath', 'html_url_path'],
    ['address2', 'address2'],
    ['line2Text', 'line2_text'],
    ['utf8', 'utf8'],
    ['aBCat', 'a_b_cat'],
    ['already_snake', 'already_snake'],
    ['_private', '_private'],
  ])('makes %s of %s', (property, column) => {
    expect(snakeCase(property)).toBe(column);
  });

  it('is undone by camelCase for words of two characters and more', () => {
    assert(
      property(words, (parts) => {
        const camel = parts
          .map((part, index) => (index === 0 ? part : part[0]!.toUpperCase() + part.slice(1)))
          .join('');
        expect(camelCase(snakeCase(camel))).toBe(camel);
      }),
    );
  });

  it('leaves what it made alone', () => {
    assert(
      property(string(), (text) => {
        expect(snakeCase(snakeCase(text))).toBe(snakeCase(text));
      }),
    );
  });
});

describe('camelCase', () => {
  it.each([
    ['created_at', 'createdAt'],
    ['address_2', 'address_2'],
    ['_private', '_private'],
    ['a__b', 'a__b'],
    ['trailing_', 'trailing_'],
  ])('makes %s of %s', (column, property) => {
    expect(camelCase(column)).toBe(property);
  });

  it('is undone by snakeCase for words of two characters and more', () => {
    assert(
      property(words, stringMatching(/^_{1,2}$/), (parts, gap) => {
        expect(snakeCase(camelCase(parts.join(gap)))).toBe(parts.join(gap));
      }),
    );
  });
});
