// The console at /, used as a person would. Run by tests/console/run.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { Stage, until } from './stage.mjs';

const stage = new Stage();
let page;

const rows = () => page.locator('.grid-row:not(.waiting):not(.deleted)');
const rowWith = (text) => page.locator('.grid-row', { hasText: text });
const field = (name) => page.locator('.call-form').getByLabel(name, { exact: true });
const countSays = (text) => until(async () => (await page.locator('.count').innerText()) === text, `the count says ${text}`);

async function write(sql) {
  await page.getByLabel('SQL statement').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(sql);
  // The completion that typing brings up would stand before the answer.
  await page.waitForTimeout(200);
  await page.keyboard.press('Escape');
}

describe('the console', () => {
  before(async () => {
    await stage.open();
  });
  after(() => stage.close());

  test('is delivered with a strict policy, compressed, and not again where it is known', async () => {
    const first = await fetch(`${stage.base}/`, { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(first.headers.get('content-encoding'), 'gzip');
    assert.match(first.headers.get('content-security-policy'), /default-src 'none'; script-src 'self'; style-src 'self'/);
    const html = await first.text();
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)[1];
    const asset = await fetch(stage.base + script);
    assert.equal(asset.headers.get('content-type'), 'text/javascript; charset=utf-8');
    assert.match(asset.headers.get('cache-control'), /immutable/);
    const again = await fetch(stage.base + script, { headers: { 'if-none-match': asset.headers.get('etag') } });
    assert.equal(again.status, 304);
  });

  test('signs in: with a new identity, with a wrong token, with the owner’s', async () => {
    page = await stage.page();
    await page.goto(stage.base);
    await stage.picture(page, 'sign-in');
    await page.getByRole('button', { name: 'Continue with a new identity' }).click();
    await page.getByText('No database of yours yet').waitFor();
    await stage.picture(page, 'databases-none');
    await page.reload();
    await page.getByText('No database of yours yet').waitFor();
    await stage.show(page, 'tables/secret_note');
    await page.getByText('secret_note is private').waitFor();
    await stage.show(page, 'logs');
    await page.getByText('The log is the owner’s').waitFor();
    await stage.show(page, 'activity');
    await page.getByText('Only the owner sees who is connected').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').fill('nonsense');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Token').fill(stage.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'workshop' }).waitFor();
    await stage.picture(page, 'databases');
    await page.context().close();
  });

  test('a token in the address signs in and does not stay there', async () => {
    page = await stage.signedIn();
    assert.ok(!page.url().includes('token'));
    assert.equal(await page.evaluate(() => document.cookie), '');
  });

  test('shows rows as another client inserts, updates and deletes them', async () => {
    await stage.show(page, 'tables/gauge');
    await page.getByText('No rows yet').waitFor();
    await stage.picture(page, 'table-empty');
    await stage.call('add_gauge', 'boiler', 20);
    await page.locator('.grid-row.inserted', { hasText: 'boiler' }).waitFor();
    await stage.call('add_gauge', 'turbine', 7);
    await stage.call('add_gauge', 'valve', 3);
    await countSays('3 rows');
    await stage.picture(page, 'table-inserted');
    await until(async () => (await page.locator('.grid-row.inserted').count()) === 0, 'the highlight goes');
    await stage.call('set_gauge', 1, 21);
    await page.locator('.grid-row.updated .changed', { hasText: '21' }).waitFor();
    assert.equal(await page.locator('.grid-row.updated .changed').count(), 1, 'only the new cell is marked');
    await stage.call('drop_gauge', 2);
    await page.locator('.grid-row.deleted', { hasText: 'turbine' }).waitFor();
    await stage.picture(page, 'table-changed');
    await until(async () => (await rowWith('turbine').count()) === 0, 'the deleted row goes');
    await countSays('2 rows');
  });

  test('filters, sorts, opens a row by the keyboard', async () => {
    await page.getByLabel('Filter: a condition of SQL').fill("name LIKE 'b%'");
    await countSays('1 row');
    await page.getByLabel('Filter: a condition of SQL').fill('nothing = 1');
    await page.getByText('The filter does not work').waitFor();
    await page.getByLabel('Filter: a condition of SQL').fill('');
    await countSays('2 rows');
    await page.getByRole('columnheader', { name: /^value/ }).getByRole('button').click();
    await until(async () => (await rows().first().innerText()).includes('valve'), 'valve comes first');
    await page.getByRole('columnheader', { name: /^value/ }).getByRole('button').click();
    await until(async () => (await rows().first().innerText()).includes('boiler'), 'boiler comes first');
    await page.getByRole('grid').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const detail = page.getByRole('complementary', { name: 'Row 2' });
    await detail.getByText('valve').waitFor();
    await stage.picture(page, 'table-row');
    await page.keyboard.press('Escape');
    await detail.waitFor({ state: 'detached' });
  });

  test('a table of 100,000 rows scrolls, and moves', async () => {
    for (let i = 0; i < 4; ++i) await stage.call('fill', 25_000);
    await stage.show(page, 'tables/chest');
    await page.getByRole('heading', { name: 'chest' }).waitFor();
    await stage.show(page, 'tables/gauge');
    await page.getByRole('heading', { name: 'gauge' }).waitFor();
    await countSays('100,002 rows');
    const grid = page.getByRole('grid');
    assert.ok((await page.locator('.grid-row').count()) < 100, 'only what is in sight is in the document');
    await grid.evaluate((element) => (element.scrollTop = element.scrollHeight));
    await rowWith('filler 24999').waitFor();
    await grid.evaluate((element) => (element.scrollTop = element.scrollHeight / 2));
    await until(async () => (await page.locator('.grid-row.waiting').count()) === 0, 'rows in the middle come');
    await stage.picture(page, 'table-large');
    await grid.evaluate((element) => (element.scrollTop = element.scrollHeight));
    await rowWith('filler 24999').waitFor();
    await stage.call('add_gauge', 'the last one', 1);
    await countSays('100,003 rows');
    await grid.evaluate((element) => (element.scrollTop = element.scrollHeight));
    await rowWith('the last one').waitFor();
    await stage.show(page, 'sql');
    await write('SELECT * FROM gauge');
    await page.keyboard.press('Control+Enter');
    await until(async () => /^100,003 rows in /.test(await page.locator('.count').innerText()), 'the whole answer');
    await grid.evaluate((element) => (element.scrollTop = element.scrollHeight));
    await rowWith('the last one').waitFor();
    await stage.show(page, 'tables/gauge');
    await countSays('100,003 rows');
    await grid.evaluate((element) => (element.scrollTop = element.scrollHeight));
    await rowWith('the last one').waitFor();
    await stage.sql("DELETE FROM gauge WHERE name LIKE 'filler%'");
    await countSays('3 rows');
    await until(async () => (await rows().count()) === 3, 'three rows are left');
  });

  test('shows what there is to say of views, event tables, private tables, columns', async () => {
    await stage.show(page, 'tables/first_gauge');
    await rowWith('boiler').waitFor();
    await stage.call('set_gauge', 1, 99);
    await page.getByRole('gridcell', { name: '99', exact: true }).waitFor();
    await stage.show(page, 'tables/tick');
    await page.getByText('Rows of event tables are not kept').waitFor();
    await stage.show(page, 'tables/secret_note');
    await rowWith('only the owner reads this').waitFor();
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('cell', { name: 'primary key' }).waitFor();
    await stage.picture(page, 'table-columns');
  });

  test('calls a reducer with arguments of every type, exactly', async () => {
    await stage.show(page, 'calls/keep');
    await field('small').waitFor();
    await field('small').fill('256');
    await page.getByRole('button', { name: 'Call' }).click();
    await page.getByText('must be from 0 to 255').waitFor();
    const typed = {
      small: '0xff',
      large: '18446744073709551615',
      wide: '340282366920938463463374607431768211455',
      wider: '115792089237316195423570985008687907853269984665640564039457584007913129639935',
      low: '-9223372036854775808',
      wide_low: '-170141183460469231731687303715884105728',
      wider_low: '-57896044618658097711785492504343953926634992332820282019728792003956564819968',
      single: '0.1',
      real: '-1.7976931348623157e308',
      text: 'quotes " and \\ and ☃',
      bytes: '00 ff 7f',
      connection: '000000000000000000000000000000ab',
      at: '2026-01-31T12:00:00.000001Z',
      lasting: '-1 h 30 min',
      uuid: '01234567-89ab-4def-8123-456789abcdef',
    };
    for (const [name, text] of Object.entries(typed)) await field(name).fill(text);
    await field('flag').check();
    await page.locator('[data-path="0.12"]').getByRole('button', { name: 'me' }).click();
    await field('Interval').fill('250 ms');
    await field('season: which one').selectOption({ label: 'autumn' });
    await field('shape: which one').selectOption({ label: 'path' });
    await page.locator('[data-path="0.19"]').getByRole('button', { name: 'Add an element' }).click();
    await field('x').fill('-5');
    await field('y').fill('6');
    await field('corner: which one').selectOption({ label: 'none' });
    await page.locator('[data-path="0.21"]').getByRole('button', { name: 'Add an element' }).click();
    await page.locator('[data-path="0.21"]').getByRole('button', { name: 'Add an element' }).click();
    await field('numbers 2: which one').selectOption({ label: 'some' });
    await field('some').fill('-7');
    await stage.picture(page, 'calls');
    await page.getByRole('button', { name: 'Call' }).click();
    await page.locator('.outcome.ok').waitFor();
    const kept = await stage.sql('SELECT * FROM chest');
    const row = /"rows":\[(.*)\],"total/.exec(kept)[1];
    assert.equal(
      row,
      `[255,18446744073709551615,340282366920938463463374607431768211455,"0x${'f'.repeat(64)}",-9223372036854775808,` +
        `-170141183460469231731687303715884105728,"-0x8${'0'.repeat(63)}",true,0.1,-1.7976931348623157e308,` +
        `"quotes \\" and \\\\ and ☃","00ff7f",["0x${stage.identity}"],[171],[1769860800000001],[-5400000000],` +
        `[${BigInt('0x0123456789ab4def8123456789abcdef')}],[0,[250000]],[2,[]],[2,[[-5,6]]],[1,[]],[[1,[]],[0,-7]]]`,
    );
    await stage.show(page, 'tables/chest');
    const shown = await rows().first().innerText();
    for (const text of [typed.large, typed.wide, typed.wider, typed.wider_low, 'every 250 ms', 'autumn', typed.uuid]) {
      assert.ok(shown.includes(text), `${text} in ${shown}`);
    }
  });

  test('says why a call failed, and what a procedure returned', async () => {
    await stage.show(page, 'calls/drop_gauge');
    await field('id').fill('12345');
    await page.keyboard.press('Enter');
    await page.locator('.outcome.failed', { hasText: 'there is no gauge 12345' }).waitFor();
    await page.getByRole('link', { name: 'twice' }).click();
    await field('number').fill('9007199254740993');
    await page.keyboard.press('Enter');
    await page.locator('.outcome.ok', { hasText: '18014398509481986' }).waitFor();
    await page.getByRole('link', { name: 'init' }).click();
    await page.getByText('It runs when the database is made').waitFor();
  });

  test('runs SQL, marks where an error is, shows a plan as a tree', async () => {
    await stage.show(page, 'sql');
    await write('SELECT name, value FROM gauge ORDER BY id');
    await page.keyboard.press('Control+Enter');
    await rowWith('boiler').waitFor();
    await until(async () => /^3 rows in /.test(await page.locator('.count').innerText()), 'the count of rows');
    await stage.picture(page, 'sql');
    await write('SELECT name\nFROM gauge\nWHERE value >< 3');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('alert').getByText('parse error').waitFor();
    const mark = page.locator('.cm-lintRange-error, .cm-lintPoint-error').first();
    await mark.waitFor({ state: 'attached' });
    const line = await mark.evaluate((element) => element.closest('.cm-line').textContent);
    assert.equal(line, 'WHERE value >< 3', 'the mark is on the third line');
    await stage.picture(page, 'sql-error');
    await write('SELECT\n  name, nothing FROM gauge');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('alert').getByText("Column 'nothing' not found").waitFor();
    await page.locator('.cm-lintRange-error', { hasText: 'nothing' }).waitFor();
    await write('SELECT *\nFROM nowhere');
    await page.keyboard.press('Control+Enter');
    await page.locator('.cm-lintRange-error', { hasText: 'nowhere' }).waitFor();
    // Faster than a page draws, and with a completion on the way.
    await page.keyboard.press('Control+a');
    await page.keyboard.type('SELECT nam');
    await page.locator('.cm-tooltip').getByText('name', { exact: true }).first().waitFor();
    await stage.picture(page, 'sql-completion');
    await page.keyboard.press('Escape');
    await write('SELECT g.name, COUNT(*) AS n FROM gauge g JOIN secret_note s ON g.id = s.id WHERE g.value > 1 GROUP BY g.name ORDER BY n');
    await page.getByRole('button', { name: 'Explain' }).click();
    const tree = page.getByRole('tree', { name: 'Plan of the statement' });
    await tree.getByRole('treeitem').nth(3).waitFor();
    await stage.picture(page, 'sql-plan');
    await write("UPDATE gauge SET value = 5 WHERE name = 'valve'");
    await page.keyboard.press('Control+Enter');
    await page.getByText(/Rows: 1 /).waitFor();
  });

  test('keeps the answer of a statement up to date', async () => {
    await write('SELECT SUM(value) AS total FROM gauge');
    await page.getByRole('button', { name: 'Live' }).click();
    await rowWith('105').waitFor();
    await stage.call('set_gauge', 1, 199);
    await rowWith('205').waitFor();
    await stage.picture(page, 'sql-live');
  });

  test('shows the log as it comes, by level', async () => {
    await stage.show(page, 'logs');
    await page.locator('.log-line', { hasText: 'added boiler' }).waitFor();
    await stage.call('strike', 77);
    await page.locator('.log-line.level-error', { hasText: 'struck 77' }).waitFor();
    await stage.picture(page, 'logs');
    await page.getByLabel('Level').selectOption('Error');
    await until(async () => (await page.locator('.log-line:not(.level-error)').count()) === 0, 'less important lines go');
    assert.ok((await page.locator('.log-line').count()) > 0);
    await page.getByLabel('Only lines with this text').fill('STRUCK');
    await until(async () => (await page.locator('.log-line').count()) === 1, 'other lines go');
  });

  test('shows who is connected and how much happens', async () => {
    await stage.show(page, 'activity');
    await page.getByRole('cell', { name: 'v1.live.orrery' }).waitFor();
    for (let second = 0; second < 4; ++second) {
      for (let i = 0; i < 40 * (1 + (second % 3)); ++i) await stage.call('set_gauge', 1, 100 * second + i);
      await page.waitForTimeout(700);
    }
    await until(async () => {
      const label = await page.getByRole('img', { name: /^Reducer calls/ }).getAttribute('aria-label');
      return Number(/([\d.]+)\/s/.exec(label)?.[1] ?? 0) > 0;
    }, 'calls are counted');
    await stage.picture(page, 'activity');
  });

  test('comes back by itself when the server was restarted', async () => {
    await stage.show(page, 'tables/gauge');
    await rowWith('boiler').waitFor();
    stage.isAway = true;
    await stage.stopServer();
    await page.getByText('connection lost, trying again').waitFor();
    await stage.picture(page, 'server-away');
    await stage.startServer();
    await page.locator('.live-open').waitFor({ timeout: 15_000 });
    stage.isAway = false;
    await stage.call('add_gauge', 'after the restart', 1);
    await rowWith('after the restart').waitFor();
    await countSays('4 rows');
  });

  test('in the dark, and on a small screen', async () => {
    const dark = await stage.signedIn({ colorScheme: 'dark' });
    for (const place of ['tables/gauge', 'sql', 'calls/keep', 'logs', 'activity']) {
      await stage.show(dark, place);
      await dark.waitForTimeout(place === 'activity' ? 2500 : 500);
      await stage.picture(dark, `dark-${place.split('/')[0]}`);
    }
    await dark.getByRole('button', { name: 'Change to light colours' }).click();
    assert.equal(await dark.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(246, 245, 242)');
    await dark.context().close();
    const small = await stage.signedIn({ viewport: { width: 390, height: 780 } });
    for (const place of ['tables/gauge', 'sql', 'calls/keep', 'activity']) {
      await stage.show(small, place);
      await small.waitForTimeout(place === 'activity' ? 2500 : 500);
      await stage.picture(small, `small-${place.split('/')[0]}`);
      assert.ok(await small.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${place} fits the screen`);
    }
    await small.context().close();
  });

  test('complained of nothing and asked nobody else', () => {
    assert.deepEqual(stage.complaints, []);
    assert.deepEqual(stage.outside, []);
  });
});
