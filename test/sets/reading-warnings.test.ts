import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeWindows } from '../../src/sets/stream.ts';
import { readingWarnings } from '../../src/sets/reading-warnings.ts';
import { loadModel } from '../../src/model/folder/folder.ts';
import { packagedFolder } from '../../src/model/packaged.ts';
import { inFreshFolder, run } from '../run.ts';

/** Rows of one kind of ticket per language, in our own words. */
const TICKETS: Record<string, { name: string; rows: string[] }> = {
  de: {
    name: 'German',
    rows: ['Meine Bestellung ist noch nicht angekommen', 'Der Drucker zieht kein Papier ein', 'Bitte ändern Sie die Lieferadresse', 'Das Passwort wird nicht angenommen', 'Ich möchte den Vertrag kündigen', 'Die Rechnung wurde doppelt abgebucht'],
  },
  fr: {
    name: 'French',
    rows: ["Ma commande n'est pas encore arrivée", "L'imprimante ne prend plus le papier", 'Je voudrais changer mon adresse', 'Le mot de passe est refusé', 'Je souhaite résilier mon contrat', 'La facture a été payée deux fois'],
  },
  es: {
    name: 'Spanish',
    rows: ['Mi pedido todavía no ha llegado', 'La impresora no coge el papel', 'Quiero cambiar la dirección de envío', 'No se acepta la contraseña', 'Deseo cancelar mi contrato', 'Me han cobrado la factura dos veces'],
  },
  pl: {
    name: 'Polish',
    rows: ['Moje zamówienie jeszcze nie dotarło', 'Drukarka nie pobiera papieru', 'Proszę zmienić adres dostawy', 'Hasło nie jest przyjmowane', 'Chcę rozwiązać umowę', 'Faktura została zapłacona dwa razy'],
  },
}; // prettier-ignore

const ENGLISH = [
  'My order has not arrived yet',
  'The printer does not take any paper',
  'Please change the delivery address',
  'The password is not accepted',
];

describe('a language that the model was not made for', () => {
  it.each(Object.entries(TICKETS))('is recognised and named: %s', async (code, { name, rows }) => {
    inFreshFolder();
    writeFileSync(`${code}.txt`, `${rows.join('\n')}\n`);
    const { err } = await run(['encode', `${code}.txt`]);
    expect(err).toContain(
      `warning: the first 6 rows look ${name}, a language that minilm was not made for. Its vectors say little of what such texts mean. The packaged model multilingual reads it: --model multilingual\n`,
    );
    expect(err.match(/warning/g)).toHaveLength(1);
    expect((await run(['encode', `${code}.txt`, '--model', 'multilingual', '-o', 'other.npy'])).err).not.toContain('warning');
  });

  it('is named by cluster, dedup and search too', async () => {
    inFreshFolder();
    writeFileSync('de.csv', `id,text\n${TICKETS['de']!.rows.map((row, at) => `${at},${row}`).join('\n')}\n`);
    for (const words of [
      ['cluster', 'de.csv', '-k', '2'],
      ['dedup', 'de.csv'],
      ['search', 'de.csv', 'Papier'],
    ]) {
      expect((await run(words)).err, words[0]).toContain('look German');
    }
  });

  it('is named again where the clusters of a set are found, and in the report', async () => {
    inFreshFolder();
    writeFileSync('de.txt', `${TICKETS['de']!.rows.join('\n')}\n`);
    await run(['encode', 'de.txt']);
    const { err, out } = await run(['cluster', 'de.npy', '-k', '2', '--format', 'json']);
    expect(err).toContain('warning: the first 6 rows look German');
    expect((JSON.parse(out) as { summary: { warning: string } }).summary.warning).toContain('look German');
    expect((await run(['cluster', 'de.txt', '-k', '2', '--model', 'multilingual', '--format', 'json'])).out).toContain('"warning":null');
  });

  it('is named with its share where a part of the rows is in it', async () => {
    inFreshFolder();
    const german = TICKETS['de']!.rows.slice(0, 3).map((row) => `${row}. ${row}.`);
    writeFileSync('mixed.txt', `${[...ENGLISH.map((row) => `${row}. ${row}.`), ...german].join('\n')}\n`);
    expect((await run(['encode', 'mixed.txt'])).err).toMatch(/^warning: [34]\d % of the first 7 rows look German/m);
  });

  it('is found in a file that comes after others', async () => {
    inFreshFolder();
    const english = Array.from({ length: 4096 }, (_, at) => ENGLISH[at % 4]!);
    writeFileSync('en.txt', `${english.join('\n')}\n`);
    writeFileSync('de.txt', `${TICKETS['de']!.rows.join('\n')}\n`);
    const { err } = await run(['encode', 'en.txt', 'de.txt', '-o', 'all.npy', '--no-text']);
    expect(err).toContain('warning: 6 rows from row 4,097 on look German');
  });

  it('is said by the multilingual model too, with no model to name', async () => {
    inFreshFolder();
    writeFileSync(
      'sv.txt',
      'Min beställning har inte kommit fram ännu\nSkrivaren vill inte dra in något papper\nJag vill gärna säga upp mitt avtal\n',
    );
    const { err } = await run(['encode', 'sv.txt', '--model', 'multilingual']);
    expect(err).toMatch(/^warning: the first 3 rows look Swedish, .* Use a model that reads Swedish: --model DIR$/m);
  });

  it('is not seen in English, in product titles, names, code, addresses or next to no text', async () => {
    inFreshFolder();
    const corpora: Record<string, string[]> = {
      tickets: ENGLISH,
      titles: ['dog bed large', 'cat food salmon', 'car seat cover', 'frying pan iron', 'usb c cable 2 m', 'kids bike 16 inch', 'led desk lamp', 'yoga mat pro'],
      names: ['John Smith', 'Maria Garcia', 'Hans Müller', 'Ivan Petrov', 'Li Wei', 'Anna Kowalska', 'Emma Wilson', 'Kenji Sato', 'Lucas Martin'],
      code: ['const rows = await readRows(path);', 'for (const row of rows) total += row.size;', 'return Math.max(...totals, 0);', 'if (!found) throw new Error(name);'],
      addresses: ['https://example.org/de/artikel/wie-geht-es-weiter', 'jemand@beispiel.de', 'https://beispiel.de/bestellung/nicht/angekommen'],
      short: ['Guten Tag', 'danke'],
      cafe: ['A naïve café in Zürich, open from 8 to 5, serves crème brûlée to the cliché of a bourgeois.'],
    }; // prettier-ignore
    for (const [name, rows] of Object.entries(corpora)) {
      writeFileSync(`${name}.txt`, `${rows.join('\n')}\n`);
      expect((await run(['encode', `${name}.txt`])).err, name).not.toContain('warning');
    }
  });

  it('is said before the first window is encoded', async () => {
    const model = loadModel(packagedFolder('minilm'));
    let heard: (text: string) => void = () => {};
    const warning = new Promise<string>((resolve) => (heard = resolve));
    const warnings = readingWarnings(model, {}, heard);
    const rows = TICKETS['de']!.rows.map((text, at) => ({
      id: `${at}`,
      text,
      file: 'de.txt',
      line: at + 1,
      fields: undefined,
      size: text.length,
    }));
    const counts = await encodeWindows(asBatch(rows), {
      encoder: {
        window: { rows: 100, size: Infinity, sizeOf: () => 0 },
        // it goes on only when the warning is said
        encode: async (texts) => {
          expect(await warning).toContain('look German');
          const reads = texts.map(() => ({ bodyTokens: 1, lost: 0, lostExact: true, unknown: 0 }));
          return { vectors: { data: new Float32Array(texts.length).fill(1), rows: texts.length, cols: 1 }, reads };
        },
        close: () => Promise.resolve(),
      },
      model: 'minilm',
      signal: new AbortController().signal,
      resume: undefined,
      onWindow: (window) => warnings.look(window),
      write: () => Promise.resolve(),
      onProgress: () => {},
    });
    expect(counts.rows).toBe(6);
  });
});

async function* asBatch<Row>(rows: Row[]): AsyncGenerator<Row[]> {
  yield await Promise.resolve(rows);
}
