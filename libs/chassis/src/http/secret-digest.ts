import { createHash, timingSafeEqual } from 'node:crypto';

/** The digest of a secret. Digests are of one length, as a comparison in constant time wants them. */
export class SecretDigest {
  private readonly digest: Buffer;

  constructor(secret: string) {
    this.digest = createHash('sha256').update(secret).digest();
  }

  /** Whether two secrets are the same. Takes the same time however much of them is. */
  equals(other: SecretDigest): boolean {
    return timingSafeEqual(this.digest, other.digest);
  }
}
