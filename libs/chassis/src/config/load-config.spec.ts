import { IsInt, IsOptional, IsString, Min, MinLength } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { ConfigError } from './config-error.js';
import { Env, EnvPort, envVariables } from './env.js';
import { loadConfig } from './load-config.js';
import { ServiceConfig } from './service-config.js';

/** A configuration as an app has it. */
class ProbeConfig extends ServiceConfig {
  @EnvPort('db')
  port: number = 8001;

  @Env('MICRO_PROBES', 'How many probes')
  @IsInt()
  @Min(1)
  probes: number = 3;

  @Env('MICRO_NAME', 'A name')
  @IsOptional()
  @IsString()
  @MinLength(2)
  name?: string;

  override check(): void {
    super.check();
    if (this.probes === 13) throw new ConfigError('MICRO_PROBES must be lucky (it is "13")');
  }
}

function load(env: NodeJS.ProcessEnv, ...args: string[]): ProbeConfig {
  return loadConfig(ProbeConfig, env, args);
}

/** The one line that says what is wrong. */
function refusal(env: NodeJS.ProcessEnv, ...args: string[]): string {
  try {
    load(env, ...args);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const { message } = error as ConfigError;
    expect(message).not.toContain('\n');
    return message;
  }
  throw new Error('the configuration was taken');
}

describe('loadConfig', () => {
  it('has defaults for everything', () => {
    expect(load({})).toMatchObject({
      port: 8001,
      probes: 3,
      name: undefined,
      host: undefined,
      keyvaluestoreEndpoint: 'localhost:8000',
      dbEndpoint: undefined,
      token: undefined,
      insecure: false,
      logLevel: 'info',
      graceSeconds: 20,
    });
  });

  it('takes what is set, in its type', () => {
    const config = load({
      MICRO_DB_PORT: '9001',
      MICRO_PROBES: ' 5 ',
      MICRO_NAME: '77',
      MICRO_INSECURE: 'true',
      MICRO_MASTER_ENDPOINT: 'master:80',
    });

    expect(config).toMatchObject({ port: 9001, probes: 5, name: '77', insecure: true, masterEndpoint: 'master:80' });
  });

  it('takes true, false, 1 and 0 for a yes or a no, and nothing else', () => {
    for (const [text, insecure] of Object.entries({ true: true, '1': true, false: false, '0': false })) {
      expect(load({ MICRO_INSECURE: text }).insecure).toBe(insecure);
    }
    expect(refusal({ MICRO_INSECURE: 'yes' })).toBe('MICRO_INSECURE must be a boolean value (it is "yes")');
  });

  it('goes by the service’s own port before PORT', () => {
    expect(load({ PORT: '9000' }).port).toBe(9000);
    expect(load({ PORT: '9000', MICRO_DB_PORT: '9001' }).port).toBe(9001);
    expect(load({ PORT: '9000', MICRO_DB_PORT: '0' }).port).toBe(0);
  });

  it('takes an empty variable for one that is not set', () => {
    const env = { PORT: '', MICRO_DB_PORT: ' ', MICRO_PROBES: '', MICRO_NAME: '', MICRO_TOKEN: '', MICRO_INSECURE: '' };

    expect(load(env)).toEqual(load({}));
    expect(load({ MICRO_DB_PORT: '', PORT: '9000' }).port).toBe(9000);
  });

  it('goes by the first argument before the variable', () => {
    const env = { MICRO_KEYVALUESTORE_ENDPOINT: 'registry:1' };

    expect(load(env).keyvaluestoreEndpoint).toBe('registry:1');
    expect(load(env, 'localhost:9999', 'more').keyvaluestoreEndpoint).toBe('localhost:9999');
    expect(load(env, '').keyvaluestoreEndpoint).toBe('registry:1');
  });

  it('refuses a wrong value in one line that names the variable, and tells the value as it was written', () => {
    expect(refusal({ MICRO_PROBES: '0' })).toBe('MICRO_PROBES must not be less than 1 (it is "0")');
    expect(refusal({ MICRO_PROBES: '1.5' })).toBe('MICRO_PROBES must be an integer number (it is "1.5")');
    expect(refusal({ MICRO_PROBES: 'many' })).toMatch(/^MICRO_PROBES must .* \(it is "many"\)$/);
    expect(refusal({ MICRO_LOG_LEVEL: 'loud' })).toMatch(/^MICRO_LOG_LEVEL must be one of .* \(it is "loud"\)$/);
    expect(refusal({ MICRO_NAME: 'x' })).toMatch(/^MICRO_NAME must be longer .* \(it is "x"\)$/);
    expect(refusal({ MICRO_DB_ENDPOINT: 'db' })).toBe(
      'MICRO_DB_ENDPOINT must be a host and a port, like localhost:8000 (it is "db")',
    );
    expect(refusal({ MICRO_DB_ENDPOINT: 'two\nlines' })).toContain('(it is "two\\nlines")');
  });

  it('names the variable that was used', () => {
    expect(refusal({ PORT: '70000' })).toBe('PORT must not be greater than 65535 (it is "70000")');
    expect(refusal({ MICRO_DB_PORT: '-1', PORT: '9000' })).toBe('MICRO_DB_PORT must not be less than 0 (it is "-1")');
    expect(refusal({}, 'localhost')).toBe(
      'The first argument must be a host and a port, like localhost:8000 (it is "localhost")',
    );
  });

  it('does not tell a secret, even a wrong one', () => {
    expect(refusal({ MICRO_TOKEN: 'hunter2' })).toBe('MICRO_TOKEN must be 16 to 200 letters, digits and ._~+/=-');
  });

  it('checks the rules between variables last', () => {
    expect(refusal({ MICRO_PROBES: '13' })).toBe('MICRO_PROBES must be lucky (it is "13")');
  });
});

describe('ServiceConfig', () => {
  const token = 'sixteen-or-more-characters';

  it('listens on loopback only, unless there is a token or the operator insists', () => {
    expect(load({}).listenHost).toBe('127.0.0.1');
    expect(load({ MICRO_TOKEN: token }).listenHost).toBe('0.0.0.0');
    expect(load({ MICRO_INSECURE: 'true' }).listenHost).toBe('0.0.0.0');
    expect(load({ MICRO_TOKEN: token, HOST: '10.0.0.7' }).listenHost).toBe('10.0.0.7');
  });

  it('refuses to listen beyond loopback without a token', () => {
    for (const HOST of ['0.0.0.0', '::', '10.0.0.7', '127.0.0.1.example', 'localhost.example']) {
      expect(refusal({ HOST })).toMatch(/^HOST must be a loopback address unless MICRO_TOKEN is set/);
      expect(load({ HOST, MICRO_INSECURE: 'true' }).listenHost).toBe(HOST);
      expect(load({ HOST, MICRO_TOKEN: token }).listenHost).toBe(HOST);
    }
    for (const HOST of ['localhost', '127.0.0.1', '127.1.2.3']) expect(load({ HOST }).listenHost).toBe(HOST);
  });

  it('refuses to listen on an address of IPv6, which is no part of an endpoint', () => {
    for (const HOST of ['::1', '[::1]', 'fe80::1%eth0', '2001:db8::7', 'localhost:8001']) {
      const only = 'HOST must be a name, an IPv4 address, or :: for every interface';
      expect(refusal({ HOST, MICRO_TOKEN: token })).toBe(`${only} (it is "${HOST}")`);
    }
  });
});

describe('envVariables', () => {
  it('tells every variable of a class, those of its base class first, with a description', () => {
    const variables = envVariables(ProbeConfig);

    expect(variables[0]).toMatchObject({ property: 'host', names: ['HOST'] });
    expect(variables.slice(-3).map(({ names }) => names)).toEqual([
      ['MICRO_DB_PORT', 'PORT'],
      ['MICRO_PROBES'],
      ['MICRO_NAME'],
    ]);
    for (const { names, description } of variables) expect(description, names[0]).not.toBe('');
  });
});
