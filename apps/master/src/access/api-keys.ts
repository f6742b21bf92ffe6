import { SecretDigest } from '#chassis';

/** What `MICRO_API_KEYS` must look like: `owner:key` pairs, separated by commas. */
export const apiKeysPattern = /^[a-z0-9-]{1,64}:[\w.~+/=-]{16,200}(?:,[a-z0-9-]{1,64}:[\w.~+/=-]{16,200})*$/;

interface ApiKey {
  owner: string;
  digest: SecretDigest;
}

/** The keys of the public API, each with its owner. Several keys may have one owner, so that a key can be changed. */
export class ApiKeys {
  private readonly keys: ApiKey[];

  /** @param text as in `MICRO_API_KEYS`; undefined for no keys */
  constructor(text: string | undefined) {
    this.keys = (text?.split(',') ?? []).map((pair) => {
      const colon = pair.indexOf(':');
      return { owner: pair.slice(0, colon), digest: new SecretDigest(pair.slice(colon + 1)) };
    });
  }

  /** Whether the API is for those with a key only. */
  get required(): boolean {
    return this.keys.length > 0;
  }

  /** The owner of a key; null for one that nobody has. Takes the same time whichever key it is. */
  ownerOf(key: string): string | null {
    const given = new SecretDigest(key);
    const matching = this.keys.filter((known) => known.digest.equals(given));
    return matching[0]?.owner ?? null;
  }
}
