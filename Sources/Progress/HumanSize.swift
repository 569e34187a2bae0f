/// `2.1 MB`: a number of bytes in decimal units.
package func humanSize(_ bytes: Int64) -> String {
    let units = ["kB", "MB", "GB", "TB"]
    guard bytes >= 1000 else { return "\(bytes) B" }
    var size = Double(bytes) / 1000
    var unit = 0
    while size >= 999.95, unit < units.count - 1 {
        size /= 1000
        unit += 1
    }
    let tenths = (size * 10).rounded() / 10
    return size < 10 ? "\(tenths) \(units[unit])" : "\(Int(size.rounded())) \(units[unit])"
}
