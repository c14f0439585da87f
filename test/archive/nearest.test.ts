import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/archive/nearest.js';

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
    ['postgresql-server', ['postgresql']],
    ['zzzzzz', []],
    ['x'.repeat(1000), []],
  ])('%s may mean %j', (wanted, expected) => {
    expect(nearest(wanted, names)).toEqual(expected);
  });

  it('never names more than asked for, nor the name itself', () => {
    expect(nearest('nginx', names)).toEqual(['nginx-full']);
    expect(nearest('vim', ['vim1', 'vim2', 'vim3'], 2)).toEqual(['vim1', 'vim2']);
  });
});
