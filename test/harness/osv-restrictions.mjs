// Preloaded into a process, it takes away what OSv has not, as far as Node's permission model leaves it: Unix sockets,
// hard links, file watching, changes of ownership, the list of processors. Node's permission model, which the process
// must run under, takes child processes and all writes outside of the data folders.
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import os from 'node:os';

const lacking = (name) => () => {
  throw Object.assign(new Error(`OSv has no ${name}`), { code: 'ENOSYS' });
};

for (const name of ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync']) {
  childProcess[name] = lacking(name);
}
for (const name of ['link', 'fchown', 'lchown', 'watch', 'watchFile']) {
  for (const form of [name, `${name}Sync`]) if (form in fs) fs[form] = lacking(form);
  if (name in fs.promises) fs.promises[name] = lacking(name);
}
const connect = Reflect.get(net.Socket.prototype, 'connect');
net.Socket.prototype.connect = function (...args) {
  const [first] = Array.isArray(args[0]) ? args[0] : args;
  if (first?.path ?? (typeof first === 'string' && Number.isNaN(Number(first)))) lacking('Unix sockets')();
  return connect.apply(this, args);
};
const listen = Reflect.get(net.Server.prototype, 'listen');
net.Server.prototype.listen = function (...args) {
  if (args[0]?.path ?? (typeof args[0] === 'string' && Number.isNaN(Number(args[0])))) lacking('Unix sockets')();
  return listen.apply(this, args);
};
os.cpus = () => [];
syncBuiltinESMExports();
