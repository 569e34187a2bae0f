import Recipes

// EXPOSE, STOPSIGNAL.
extension DockerfileConverter {
    /// Ports of the image. A variable may stand for several.
    mutating func expose(_ word: String, _ line: Int) throws {
        let text = try expand(word, line)
        let words = table.value(of: text).split(separator: " ").map(String.init)
        for port in words.count == 1 ? [text] : words.map({ ConvertedText($0) }) where !stage.ports.contains(port) {
            guard (try? PortNames.ports(table.value(of: port))) != nil else {
                note(line, "EXPOSE \(word): left out, " + port.written() + " is no port")
                continue
            }
            stage.ports.append(port)
        }
    }

    /// The signal that ends a container of the image.
    mutating func setStopSignal(_ word: String, _ line: Int) throws {
        let text = try expand(word, line)
        guard (try? SignalNames.signal(table.value(of: text))) != nil else {
            return note(line, "STOPSIGNAL \(word): left out, it is no signal")
        }
        stage.stopSignal = text
    }
}
