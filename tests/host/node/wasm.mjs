// Small WebAssembly modules made byte by byte, good and bad, and the definition that a real module gives of itself.
const leb = (n) => {
  const out = [];
  do {
    out.push((n & 127) | (n > 127 ? 128 : 0));
    n >>>= 7;
  } while (n > 0);
  return out;
};
const list = (items) => [...leb(items.length), ...items.flat()];
const text = (value) => list([...Buffer.from(value)]);
const section = (id, content) => [id, ...leb(content.length), ...content];
const kI32 = 0x7f;

/// A module that gives `definition` as its own. imports: [module, name] of further functions () -> (). `start`: code that runs
/// when it is instantiated. `leave_out`: exports it lacks.
export function module_of(definition, { imports = [], start, describe, leave_out = [], memory = 1 } = {}) {
  const types = list([
    [0x60, ...list([[kI32], [kI32], [kI32]]), ...list([[kI32]])],               // 0: bytes_sink_write
    [0x60, ...list([[kI32]]), ...list([])],                                     // 1: __describe_module__
    [0x60, ...list([]), ...list([])],                                           // 2: () -> ()
    [0x60, ...list([[kI32], ...Array(4).fill([0x7e]), [0x7e], [0x7e], [0x7e], [kI32], [kI32]]), ...list([[kI32]])],  // 3: __call_reducer__
  ]);
  const imported = [[...text('spacetime_10.0'), ...text('bytes_sink_write'), 0, 0],
    ...imports.map(([module, name]) => [...text(module), ...text(name), 0, 2])];
  const first = imported.length;
  const size_at = 8;
  const data_at = 16;
  const body = (code) => {
    const content = [...list([]), ...code, 0x0b];
    return [...leb(content.length), ...content];
  };
  const codes = [
    body(describe ?? [0x20, 0, 0x41, data_at, 0x41, size_at, 0x10, 0, 0x1a]),
    body([0x41, 0]),
    ...(start ? [body(start)] : []),
  ];
  const exports = [['memory', 2, 0], ['__describe_module__', 0, first], ['__call_reducer__', 0, first + 1]]
    .filter(([name]) => !leave_out.includes(name)).map(([name, kind, index]) => [...text(name), kind, index]);
  const data = [definition.length & 255, (definition.length >> 8) & 255, definition.length >> 16, 0, 0, 0, 0, 0, ...definition];
  return Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, types),
    ...section(2, list(imported)),
    ...section(3, list([[1], [3], ...(start ? [[2]] : [])])),
    ...section(5, list([[0, ...leb(memory)]])),
    ...section(7, list(exports)),
    ...(start ? section(8, leb(first + 2)) : []),
    ...section(10, list(codes)),
    ...section(11, list([[0, 0x41, size_at, 0x0b, ...list(data.map((byte) => [byte]))]])),
  ]);
}

/// What a module of the SDK says of itself, run here with imports that do nothing.
export async function definition_of(bytes) {
  const module = await WebAssembly.compile(bytes);
  const out = [];
  let instance;
  const imports = {};
  for (const each of WebAssembly.Module.imports(module)) {
    (imports[each.module] ??= {})[each.name] = (...args) => {
      if (each.name !== 'bytes_sink_write') return 0;
      const view = new DataView(instance.exports.memory.buffer);
      const size = view.getUint32(args[2], true);
      out.push(...new Uint8Array(instance.exports.memory.buffer, args[1], size));
      return 0;
    };
  }
  instance = await WebAssembly.instantiate(module, imports);
  instance.exports._initialize?.();
  const early = Object.keys(instance.exports).filter((name) => name.startsWith('__preinit__')).sort();
  for (const name of early) instance.exports[name]();
  instance.exports.__describe_module__(1);
  return Buffer.from(out);
}
