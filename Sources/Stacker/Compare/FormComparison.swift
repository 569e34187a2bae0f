import Host
import Layers
import OCI

/// How two archives with the same entries are written otherwise.
struct FormComparison {
    let differences: [FormDifference]

    init(_ layers: BothSides<LayerSource>) throws {
        let forms = try layers.mapAtOnce { layer in
            let (blob, descriptor) = try layer.open()
            return try TarForm(blob, descriptor, checkpoint: StopSignal.check)
        }
        differences = forms.a.differences(from: forms.b).map {
            FormDifference(what: $0.what, values: BothSides($0.own, $0.others))
        }
    }
}
