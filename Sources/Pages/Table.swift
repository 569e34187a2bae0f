/// A table, which scrolls by itself where it is wider than what it is looked at with.
package struct Table {
    /// A column.
    package struct Column {
        let title: String
        let isNumber: Bool

        /// Of words.
        package static func words(_ title: String) -> Column { Column(title: title, isNumber: false) }
        /// Of numbers, which stand at the right.
        package static func numbers(_ title: String) -> Column { Column(title: title, isNumber: true) }
    }

    private let caption: String
    private let columns: [Column]
    private var rows: [[HTML]] = []

    /// A table without rows.
    ///
    /// - Parameter caption: what it is of; who can't see it hears that.
    package init(_ caption: String, _ columns: [Column]) {
        self.caption = caption
        self.columns = columns
    }

    /// Adds a row, a cell for each column.
    package mutating func add(_ cells: [HTML]) { rows.append(cells) }

    /// Whether there is no row.
    package var isEmpty: Bool { rows.isEmpty }

    /// The element.
    package var html: HTML {
        let head = columns.map { column -> HTML in
            column.isNumber
                ? "<th scope=\"col\" class=\"number\">\(column.title)</th>" : "<th scope=\"col\">\(column.title)</th>"
        }
        let body = rows.map { row -> HTML in
            let cells = zip(columns, row).map { column, cell -> HTML in
                column.isNumber ? "<td class=\"number\">\(cell)</td>" : "<td class=\"words\">\(cell)</td>"
            }
            return "<tr>\(cells)</tr>\n"
        }
        return """
            <div class="scroll" role="region" tabindex="0" aria-label="\(caption)">
            <table><caption>\(caption)</caption><thead><tr>\(head)</tr></thead>
            <tbody>
            \(body)</tbody></table></div>

            """
    }
}
