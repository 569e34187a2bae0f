/// What draws a treemap: squarified, as by Bruls, Huizing and van Wijk, "Squarified Treemaps" (2000). Names go into the page as
/// text only.
enum TreemapScript {
    static let code: StaticString = """
        'use strict';
        (function () {
          const NAME = 0, BYTES = 1, LAYER = 2, CHILDREN = 3, REST = 4;
          const COLOURS = 8;
          const MOST_TILES = 400;
          const MOST_PARTS = 60;
          const LEAST_PART = 100;
          const HEADER = 34;
          const trees = JSON.parse(document.getElementById('treemaps').textContent);

          function inWords(bytes) {
            const units = ['B', 'kB', 'MB', 'GB', 'TB'];
            let unit = 0;
            while (bytes >= 999.95 && unit < units.length - 1) {
              bytes /= 1000;
              unit += 1;
            }
            const digits = unit > 0 && bytes < 10 ? 1 : 0;
            return bytes.toFixed(digits) + ' ' + units[unit];
          }

          // The tiles of a directory, the largest first: `most` of them, of `least` bytes. What is smaller is one together.
          function tilesOf(item, most, least) {
            const tiles = [];
            let restCount = 0;
            let restBytes = 0;
            let restNoun = ' smaller files';
            if (item[REST]) {
              restCount = item[REST][0];
              restBytes = item[REST][1];
            }
            for (const child of item[CHILDREN]) {
              if (tiles.length < most && child[BYTES] >= least) {
                tiles.push({ item: child, name: child[NAME], bytes: child[BYTES], layer: child[LAYER] });
              } else {
                restCount += 1;
                restBytes += child[BYTES];
                if (child[CHILDREN] !== undefined) restNoun = ' smaller files and directories';
              }
            }
            if (restBytes > 0) {
              tiles.push({ item: null, name: restCount + restNoun, bytes: restBytes, layer: item[LAYER] });
            }
            return tiles.sort((one, other) => other.bytes - one.bytes);
          }

          function worst(areas, sum, side) {
            const largest = Math.max(...areas);
            const smallest = Math.min(...areas);
            return Math.max(side * side * largest / (sum * sum), sum * sum / (side * side * smallest));
          }

          // Gives each tile its place in a rectangle: rows along the shorter side, as long as that makes tiles squarer.
          function place(tiles, width, height) {
            const total = tiles.reduce((sum, tile) => sum + tile.bytes, 0);
            const scale = total > 0 ? width * height / total : 0;
            let free = { left: 0, top: 0, width: width, height: height };
            let next = 0;
            while (next < tiles.length) {
              const side = Math.min(free.width, free.height);
              let row = [tiles[next].bytes * scale];
              let sum = row[0];
              let end = next + 1;
              while (end < tiles.length) {
                const area = tiles[end].bytes * scale;
                if (worst(row.concat(area), sum + area, side) > worst(row, sum, side)) break;
                row.push(area);
                sum += area;
                end += 1;
              }
              const depth = side > 0 ? sum / side : 0;
              let offset = 0;
              for (let number = 0; number < row.length; number += 1) {
                const length = depth > 0 ? row[number] / depth : 0;
                const tile = tiles[next + number];
                if (free.width >= free.height) {
                  tile.box = { left: free.left, top: free.top + offset, width: depth, height: length };
                } else {
                  tile.box = { left: free.left + offset, top: free.top, width: length, height: depth };
                }
                offset += length;
              }
              if (free.width >= free.height) {
                free = { left: free.left + depth, top: free.top, width: free.width - depth, height: free.height };
              } else {
                free = { left: free.left, top: free.top + depth, width: free.width, height: free.height - depth };
              }
              next = end;
            }
          }

          function make(element) {
            const way = element.querySelector('.way');
            const board = element.querySelector('.tiles');
            const told = element.querySelector('.told');
            let opened = [trees[Number(element.dataset.image)]];
            let tiles = [];

            function pathOf(name) {
              const names = opened.slice(1).map((item) => item[NAME]);
              return '/' + names.concat(name === undefined ? [] : [name]).join('/');
            }

            function tell(tile) {
              const name = tile.item === null ? tile.name + ' in ' + pathOf() : pathOf(tile.name);
              told.textContent = name + ': ' + inWords(tile.bytes) + ', layer ' + tile.layer;
            }

            function isDirectory(tile) {
              return tile.item !== null && tile.item[CHILDREN] !== undefined && tile.bytes > 0;
            }

            function open(tile) {
              if (!isDirectory(tile)) return;
              opened.push(tile.item);
              draw(0);
            }

            function close(depth) {
              if (depth >= opened.length) return;
              const last = opened[depth];
              opened = opened.slice(0, depth);
              draw(last);
            }

            // Which tile is next in a direction: the one whose middle is nearest, seen from there.
            function neighbour(from, key) {
              const across = key === 'ArrowLeft' || key === 'ArrowRight';
              const sign = key === 'ArrowLeft' || key === 'ArrowUp' ? -1 : 1;
              const middle = (box) => [box.left + box.width / 2, box.top + box.height / 2];
              const [x, y] = middle(from.box);
              let best = null;
              let bestDistance = Infinity;
              for (const tile of tiles) {
                if (tile === from) continue;
                const [otherX, otherY] = middle(tile.box);
                const ahead = sign * (across ? otherX - x : otherY - y);
                const aside = Math.abs(across ? otherY - y : otherX - x);
                if (ahead <= 0.5) continue;
                const distance = ahead + 2 * aside;
                if (distance < bestDistance) {
                  best = tile;
                  bestDistance = distance;
                }
              }
              return best;
            }

            function focus(tile) {
              for (const other of tiles) other.button.tabIndex = other === tile ? 0 : -1;
              tile.button.focus();
            }

            function pressed(event, tile) {
              if (event.key === 'Escape' || event.key === 'Backspace') {
                if (opened.length > 1) close(opened.length - 1);
              } else if (event.key === 'Home' || event.key === 'End') {
                focus(tiles[event.key === 'Home' ? 0 : tiles.length - 1]);
              } else if (event.key.startsWith('Arrow')) {
                const next = neighbour(tile, event.key);
                if (next !== null) focus(next);
              } else {
                return;
              }
              event.preventDefault();
            }

            function button(tile) {
              const result = document.createElement('button');
              result.type = 'button';
              result.className = 'tile layer-' + tile.layer % COLOURS + (isDirectory(tile) ? ' directory' : '');
              result.tabIndex = -1;
              const kind = isDirectory(tile) ? ', directory' : '';
              result.setAttribute('aria-label', tile.name + kind + ', ' + inWords(tile.bytes) + ', layer ' + tile.layer);
              if (tile.box.width > 40 && tile.box.height > 18) {
                const label = document.createElement('span');
                label.textContent = tile.name + (isDirectory(tile) ? '/' : '');
                if (tile.box.height > 36) label.append(document.createElement('br'), inWords(tile.bytes));
                result.append(label);
              }
              if (isDirectory(tile)) furnish(result, tile.item, tile.box.width, tile.box.height, 2);
              result.style.left = tile.box.left + 'px';
              result.style.top = tile.box.top + 'px';
              result.style.width = tile.box.width + 'px';
              result.style.height = tile.box.height + 'px';
              result.addEventListener('click', () => open(tile));
              result.addEventListener('keydown', (event) => pressed(event, tile));
              result.addEventListener('focus', () => tell(tile));
              result.addEventListener('mouseenter', () => tell(tile));
              return result;
            }

            // Shows what is in a directory, as far as there is room, without being anything to go to.
            function furnish(parent, item, width, height, depth) {
              if (depth === 0 || width < 80 || height < HEADER + 30) return;
              const area = (width - 8) * (height - HEADER - 4);
              const parts = tilesOf(item, MOST_PARTS, item[BYTES] * LEAST_PART / area);
              place(parts, width - 8, height - HEADER - 4);
              for (const part of parts) {
                const inner = document.createElement('div');
                inner.className = 'part layer-' + part.layer % COLOURS;
                inner.setAttribute('aria-hidden', 'true');
                inner.style.left = part.box.left + 3 + 'px';
                inner.style.top = part.box.top + HEADER + 'px';
                inner.style.width = part.box.width + 'px';
                inner.style.height = part.box.height + 'px';
                if (part.box.width > 50 && part.box.height > 18) {
                  const label = document.createElement('span');
                  label.textContent = part.name + (isDirectory(part) ? '/' : '');
                  if (part.box.height > 36) label.append(document.createElement('br'), inWords(part.bytes));
                  inner.append(label);
                }
                if (isDirectory(part)) furnish(inner, part.item, part.box.width, part.box.height, depth - 1);
                parent.append(inner);
              }
            }

            function drawWay() {
              way.replaceChildren();
              opened.forEach((item, depth) => {
                const step = document.createElement('button');
                step.type = 'button';
                step.textContent = depth === 0 ? '/' : item[NAME];
                step.disabled = depth === opened.length - 1;
                step.addEventListener('click', () => close(depth + 1));
                way.append(step);
              });
            }

            // Draws the directory that is open. The focus goes to the tile of `wanted`, or to the one of that number; to none
            // if it is undefined.
            function draw(wanted) {
              const item = opened[opened.length - 1];
              tiles = tilesOf(item, MOST_TILES, 0);
              place(tiles, board.clientWidth, board.clientHeight);
              for (const tile of tiles) tile.button = button(tile);
              board.replaceChildren(...tiles.map((tile) => tile.button));
              drawWay();
              told.textContent = pathOf() + ': ' + inWords(item[BYTES]);
              if (tiles.length === 0) return;
              tiles[0].button.tabIndex = 0;
              if (wanted === undefined) return;
              const chosen = typeof wanted === 'number' ? tiles[wanted] : tiles.find((tile) => tile.item === wanted);
              focus(chosen || tiles[0]);
            }

            element.hidden = false;
            draw();
            let size = [board.clientWidth, board.clientHeight];
            new ResizeObserver(() => {
              if (board.clientWidth === size[0] && board.clientHeight === size[1]) return;
              size = [board.clientWidth, board.clientHeight];
              draw();
            }).observe(board);
          }

          document.querySelectorAll('.treemap').forEach(make);
        })();

        """
}
