/** Writes pickles of protocol 2 as Python 2 wrote numpy arrays, scipy's compressed rows and dictionaries. */
const bytes = (...parts: readonly (number | string | Uint8Array)[]): Buffer =>
  Buffer.concat(
    parts.map((part) =>
      typeof part === 'number' ? Buffer.of(part) : typeof part === 'string' ? Buffer.from(part, 'latin1') : part,
    ),
  );

const int = (value: number): Buffer => {
  const four = Buffer.alloc(5);
  four.write('J', 'latin1');
  four.writeInt32LE(value, 1);
  return four;
};
const short = (text: string): Buffer => bytes('U', text.length, text);
const long = (data: Uint8Array): Buffer => {
  const head = Buffer.alloc(5);
  head.write('T', 'latin1');
  head.writeInt32LE(data.length, 1);
  return bytes(head, data);
};

const dtypes = { f4: Float32Array, f8: Float64Array, i4: Int32Array } as const;

function array(type: keyof typeof dtypes, shape: readonly number[], values: readonly number[]): Buffer {
  const data = new Uint8Array(dtypes[type].from(values).buffer);
  const dims = shape.length === 1 ? bytes(int(shape[0]!), '\x85') : bytes(int(shape[0]!), int(shape[1]!), '\x86');
  return bytes(
    'cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n',
    bytes(int(0), '\x85', short('b'), '\x87R('),
    bytes(int(1), dims, 'cnumpy\ndtype\n', short(type), int(0), int(1), '\x87R('),
    bytes(int(3), short('<'), 'NNN', int(-1), int(-1), int(0), 'tb\x89', long(data), 'tb'),
  );
}

const whole = (program: Buffer): Buffer => bytes('\x80\x02', program, '.');

export function pickledMatrix(rows: readonly (readonly number[])[], type: 'f4' | 'f8' | 'i4' = 'i4'): Buffer {
  return whole(array(type, [rows.length, rows[0]?.length ?? 0], rows.flat()));
}

export function pickledCsr(rows: readonly (readonly number[])[]): Buffer {
  const pointer = [0];
  const columns: number[] = [];
  const values: number[] = [];
  for (const row of rows) {
    row.forEach((value, column) => {
      if (value === 0) return;
      columns.push(column);
      values.push(value);
    });
    pointer.push(columns.length);
  }
  return whole(
    bytes(
      'cscipy.sparse.csr\ncsr_matrix\n)\x81}(',
      bytes(short('_shape'), int(rows.length), int(rows[0]?.length ?? 0), '\x86'),
      bytes(short('indptr'), array('i4', [pointer.length], pointer)),
      bytes(short('indices'), array('i4', [columns.length], columns)),
      bytes(short('data'), array('f4', [values.length], values)),
      bytes(short('maxprint'), int(50), 'ub'),
    ),
  );
}

export function pickledLists(lists: Readonly<Record<number, readonly number[]>>): Buffer {
  const items = Object.entries(lists).map(([node, others]) =>
    bytes(int(Number(node)), '](', ...others.map((other) => int(other)), 'e'),
  );
  return whole(bytes('ccollections\ndefaultdict\nc__builtin__\nlist\n\x85R(', ...items, 'u'));
}

export { bytes as pickleBytes, int as pickleInt, short as pickleText };
