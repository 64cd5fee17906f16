// Opens the page of a colony in a browser, as a person would: node page.mjs PAGE.html OBJECTS PICTURE.png
//
// OBJECTS is how many objects the program said that there are in the end. The picture is of what was seen.

import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import puppeteer from 'puppeteer-core';

const [page, objects, picture] = process.argv.slice(2);
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  const tab = await browser.newPage();
  await tab.setViewport({ width: 1320, height: 1500 });
  const [mistakes, requests] = [[], []];
  tab.on('pageerror', error => mistakes.push(String(error)));
  tab.on('console', message => { if (message.type() === 'error') mistakes.push(message.text()); });
  tab.on('request', request => requests.push(request.url()));
  await tab.goto(pathToFileURL(page).href);
  await tab.waitForSelector('html[data-ready]');
  const text = selector => tab.$eval(selector, node => node.textContent);
  const texts = selector => tab.$$eval(selector, nodes => nodes.map(node => node.textContent));

  // The figures are those of the run.
  const number = written => Number(written.replaceAll(',', ''));
  assert.equal(number(await text('#figures b')), Number(objects));
  const counted = (await texts('#classes tbody td:nth-child(2)')).map(number);
  assert.equal(counted.reduce((sum, one) => sum + one), Number(objects));
  const live = (await texts('.chart:first-child .key b')).map(number);
  assert.equal(live.reduce((sum, one) => sum + one), Number(objects));
  assert.equal((await tab.$$('.chart')).length, 3);

  // A click on a class shows its objects, a click on an object what holds it.
  const row = await tab.waitForSelector('#classes tbody tr ::-p-text(Household)');
  await row.click();
  assert.match(await text('#objects-title'), /^Household/);
  assert.match((await texts('#objects tbody td:nth-child(2)'))[0], /Settlement · has/);
  await tab.click('#objects tbody tr:nth-child(3)');
  const chosen = await text('#objects tbody tr:nth-child(3) td');
  assert.ok((await text('#path-title')).includes(`Household ${chosen}`));
  const boxes = await texts('#why .box .name');
  assert.equal(boxes[0], 'root');
  assert.match(boxes[1], /^Settlement/);
  assert.equal(boxes.at(-1), `Household ${chosen}`);

  // A filter narrows a table, and a click on a head sorts it.
  await tab.type('#classes input', 'squ');
  assert.deepEqual(await texts('#classes tbody td.text'), ['Squad']);
  await tab.$eval('#classes input', input => { input.value = ''; input.dispatchEvent(new Event('input')); });
  await tab.click('#classes th:nth-child(2) button');
  const sorted = (await texts('#classes tbody td:nth-child(2)')).map(number);
  assert.deepEqual(sorted, [...sorted].sort((a, b) => b - a));

  // The tree goes down and up with the keyboard alone.
  await tab.$eval('#icicle [data-index="0"]', node => node.focus());
  for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await tab.keyboard.press(key);
  assert.deepEqual((await texts('#crumbs button')).map(crumb => crumb.split(' ')[0]), ['everything', 'Settlement', 'Person']);
  await tab.keyboard.press('Escape');
  assert.equal((await texts('#crumbs button')).length, 2);
  const moment = await text('#moment');
  await tab.focus('.chart .canvas');
  await tab.keyboard.press('ArrowLeft');
  assert.notEqual(await text('#moment'), moment);

  // Light and dark, wide and narrow; and nothing is loaded.
  const back = () => tab.$eval('body', body => getComputedStyle(body).backgroundColor);
  const [light, dark] = [await back(), await tab.click('#theme').then(back)];
  assert.notEqual(light, dark);
  await tab.click('#theme');
  await tab.setViewport({ width: 420, height: 900 });
  assert.ok(await tab.$eval('html', html => html.scrollWidth <= html.clientWidth + 1), 'it is too wide for a phone');
  await tab.setViewport({ width: 1320, height: 1500 });
  assert.deepEqual(mistakes, []);
  assert.equal(requests.length, 1, `it asked for ${requests}`);
  await tab.screenshot({ path: picture });
  console.log(`${page}: ${objects} objects, as they were; a picture is ${picture}`);
} finally {
  await browser.close();
}
