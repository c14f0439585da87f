import { describe, expect, it } from 'vitest';
import { distance, nearest } from '../../src/archive/nearest.js';

describe('distance', () => {
  it.each([
    ['nginx', 'nginx', 0],
    ['ngnix', 'nginx', 1],
    ['nginx', 'ngin', 1],
    ['nginx', 'apache', 3],
    ['', 'ab', 2],
  ])('%s and %s: %i', (a, b, expected) => {
    expect(distance(a, b, 2)).toBe(expected);
    expect(distance(b, a, 2)).toBe(expected);
  });
});

describe('nearest', () => {
  const names = [
    'nginx',
    'nginx-full',
    'openssh-server',
    'openssh-client',
    'ssh',
    'vim',
    'vim-tiny',
    'apache2',
    'postgresql',
  ];

  it.each([
    ['ngnix', ['nginx']],
    ['openssh-sever', ['openssh-server']],
    ['postgressql', ['postgresql']],
    ['openssh', ['openssh-client', 'openssh-server']],
    ['apache', ['apache2']],
    ['vi', ['vim']],
    ['zzzzzz', []],
  ])('%s may mean %j', (wanted, expected) => {
    expect(nearest(wanted, names)).toEqual(expected);
  });

  it('never names more than asked for, nor the name itself', () => {
    expect(nearest('nginx', names)).toEqual(['nginx-full']);
    expect(nearest('vim', ['vim1', 'vim2', 'vim3'], 2)).toEqual(['vim1', 'vim2']);
  });
});
