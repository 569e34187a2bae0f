// Texts of a page that are too pale, by WCAG 2.2, "Contrast (Minimum)", level AA: [{text, element, colour, behind, ratio}].
// What is behind a text are the colours of all that it stands in; in an SVG, of the shapes that were drawn there before.
(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const known = new Map();

    // Any colour that CSS has words for, as red, green, blue of 255, and how much of it there is.
    function read(colour) {
        if (!known.has(colour)) {
            canvas.clearRect(0, 0, 1, 1);
            canvas.fillStyle = colour;
            canvas.fillRect(0, 0, 1, 1);
            const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
            known.set(colour, [red, green, blue, alpha / 255]);
        }
        return known.get(colour);
    }

    function over(upper, lower) {
        const alpha = upper[3];
        return [0, 1, 2].map(n => upper[n] * alpha + lower[n] * (1 - alpha)).concat(1);
    }

    function luminance(colour) {
        const [red, green, blue] = colour.slice(0, 3).map(value => {
            const part = value / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    }

    function ratio(one, other) {
        const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
        return (high + 0.05) / (low + 0.05);
    }

    // What a window shows behind a page without colours, which only a style knows: the canvas above has no dark mode.
    const probe = document.documentElement.appendChild(document.createElement("i"));
    probe.style.backgroundColor = "Canvas";
    const bottom = read(getComputedStyle(probe).backgroundColor);
    probe.remove();

    // The colours behind an element, from itself outwards, until one lets nothing through; null for a picture.
    const behindOf = new Map();
    function behind(element) {
        if (!element) return bottom;
        if (!behindOf.has(element)) behindOf.set(element, computeBehind(element));
        return behindOf.get(element);
    }

    function computeBehind(element) {
        const style = getComputedStyle(element);
        if (style.backgroundImage !== "none") return null;
        const own = read(style.backgroundColor);
        if (own[3] === 1) return own;
        const lower = behind(element.parentElement);
        return lower && over(own, lower);
    }

    // The colours of the shapes that were drawn before a text, where its middle is.
    function behindInPicture(text) {
        const picture = text.ownerSVGElement;
        const box = text.getBoundingClientRect();
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        let colour = behind(picture);
        for (const shape of picture.querySelectorAll("rect, circle, path, polygon, ellipse")) {
            if (text.compareDocumentPosition(shape) & Node.DOCUMENT_POSITION_FOLLOWING) break;
            const style = getComputedStyle(shape), place = shape.getBoundingClientRect();
            if (style.fill === "none" || style.visibility !== "visible") continue;
            if (x < place.left || x > place.right || y < place.top || y > place.bottom) continue;
            if (style.fill.startsWith("url")) return null;
            const fill = read(style.fill);
            const alpha = fill[3] * style.fillOpacity * opacity(shape);
            colour = colour && over([...fill.slice(0, 3), alpha], colour);
        }
        return colour;
    }

    const opacityOf = new Map();
    function opacity(element) {
        if (!element) return 1;
        if (!opacityOf.has(element)) opacityOf.set(element, getComputedStyle(element).opacity * opacity(element.parentElement));
        return opacityOf.get(element);
    }

    function look(element, text) {
        const style = getComputedStyle(element);
        const picture = element.ownerSVGElement;
        const back = picture ? behindInPicture(element) : behind(element);
        const front = read(picture ? style.fill : style.color);
        const alpha = front[3] * opacity(element) * (picture ? style.fillOpacity : 1);
        const size = parseFloat(style.fontSize);
        const isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
        const value = back ? ratio(over([...front.slice(0, 3), alpha], back), back) : 0;
        if (value >= (isLarge ? 3 : 4.5)) return null;
        const name = element.getAttribute("class");
        const place = element.localName + (name ? "." + name : "");
        return {
            text: text.trim().slice(0, 60), element: place, colour: picture ? style.fill : style.color,
            behind: back && back.slice(0, 3).map(Math.round).join(" "), ratio: Math.round(value * 100) / 100,
        };
    }

    const found = [];
    const seen = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode, element = node.parentElement;
        if (!node.data.trim() || seen.has(element)) continue;
        if (element.closest("script, style, title, desc, [disabled]")) continue;
        seen.add(element);
        if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
        const finding = look(element, node.data);
        if (finding) found.push(finding);
    }
    for (const field of document.querySelectorAll("input, textarea, select")) {
        const finding = field.checkVisibility() && look(field, field.value || field.placeholder || field.name);
        if (finding) found.push(finding);
    }
    return found;
})()
