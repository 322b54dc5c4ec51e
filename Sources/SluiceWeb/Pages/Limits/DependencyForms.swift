import HTTPTypes
import SluiceCore
import SluiceInspector

/// Switches of dependencies. Each asks before it does something.
enum DependencyForms {
    static let routes: [Route] = [
        .action("dependencies/on") { try await set($0, isOn: true) },
        .action("dependencies/off") { try await set($0, isOn: false) },
    ]

    static func toggle(_ one: DependencyStatus, everywhere: Bool, row: Int, _ links: Links) -> HTML {
        if one.offSince != nil { return on(one.name, in: everywhere ? nil : one.queue, row: row, links) }
        return Parts.asks(
            "Switch off", to: links.to("dependencies", "off"), meaning: offMeaning,
            confirm: "Switch \(one.name) off in \(one.queue)", hidden: [("name", one.name), ("queue", one.queue.text)],
            id: "off-\(row)", style: "danger")
    }

    static func on(_ name: String, in queue: QueueName?, row: Int, _ links: Links) -> HTML {
        let place = queue.map { "in \($0)" } ?? "everywhere"
        return Parts.asks(
            "Switch on", to: links.to("dependencies", "on"), meaning: "Jobs that need \(name) start again \(place).",
            confirm: "Switch \(name) on \(place)",
            hidden: [("name", name)] + (queue.map { [("queue", $0.text)] } ?? []), id: "on-\(row)")
    }

    /// A form to switch a dependency off that is not in a table.
    static func switchOff(_ links: Links, queue: QueueName?) -> HTML {
        let inputs: HTML = """
            <label for="dependency">Dependency</label><input id="dependency" name="name" required maxlength="64" size="24">

            """
        return "<div class=\"actions\">"
            + Parts.asks(
                queue == nil ? "Switch a dependency off everywhere" : "Switch a dependency off",
                to: links.to("dependencies", "off"),
                meaning: offMeaning, confirm: "Switch it off \(queue.map { "in \($0)" } ?? "everywhere")",
                hidden: queue.map { [("queue", $0.text)] } ?? [], inputs: inputs, id: "off", style: "danger")
            + "</div>"
    }

    private static let offMeaning =
        "Jobs that need it wait. This spends no attempt. Jobs that can do without it still run. Running jobs go on."

    private static func set(_ request: WebRequest, isOn: Bool) async throws -> String {
        guard let name = request.form["name"] else {
            throw WebError(.badRequest, "A dependency is needed", "The form names none. Nothing was changed.")
        }
        let queue = try request.chosenQueue(request.form)
        _ = try await request.change { inspector async throws(SluiceError) -> DependencySwitch in
            if let queue { return try await inspector.switchDependency(name, on: isOn, in: queue) }
            return try await inspector.switchDependency(name, on: isOn)
        }
        return queue.map { request.links.to("limits", $0.text) } ?? request.links.to("limits")
    }
}
