import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeyring, openVault, unwrapDataKey, VaultError, wrapDataKey } from './vault.ts';

describe('the vault', () => {
  const master = randomBytes(32);
  const keyring = createKeyring(master);
  const vault = openVault(keyring, [master]);

  it('gives back what was sealed, at its place alone', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (secret, place, other) => {
        const sealed = vault.seal(secret, place);
        expect(vault.open(sealed, place)).toBe(secret);
        if (place !== other) expect(() => vault.open(sealed, other)).toThrow(VaultError);
      }),
    );
  });

  it('shows nothing of a secret, and seals it differently each time', () => {
    const [one, two] = [vault.seal('planted-secret', 'x'), vault.seal('planted-secret', 'x')];
    expect(one).not.toBe(two);
    expect(`${one}${JSON.stringify(keyring)}`).not.toContain('planted');
  });

  it('refuses what was changed', () => {
    const sealed = vault.seal('secret', 'x');
    const flipped = sealed.replace(/.$/, (char) => (char === 'A' ? 'g' : 'A'));
    expect(() => vault.open(flipped, 'x')).toThrow(/changed/);
    expect(() => vault.open('nobody:AAAA', 'x')).toThrow(/not in the keyring/);
  });

  it('is closed to another master key', () => {
    expect(() => openVault(keyring, [randomBytes(32)])).toThrow(/MASTER_KEY is not the one/);
  });

  it('opens with every master key it is wrapped under', () => {
    const next = randomBytes(32);
    const dataKeys = keyring.dataKeys.map((each) => wrapDataKey(unwrapDataKey(each, [master]), [master, next]));
    const sealed = vault.seal('secret', 'x');
    for (const key of [master, next]) expect(openVault({ dataKeys }, [key]).open(sealed, 'x')).toBe('secret');
  });
});
