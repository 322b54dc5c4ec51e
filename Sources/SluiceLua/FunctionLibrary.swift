/// The Lua of `lua/`, joined into one Redis Function library.
///
/// Each file is a module. Its name is the name of the file, whatever folder it is in. It is wrapped in a function that runs when it
/// is first required, because while a library loads almost nothing exists. The function fills the table of the module, `M`, which
/// others may hold before it is filled; so two modules can require each other at their heads. `library.lua` comes last and
/// registers the functions.
package enum FunctionLibrary {
    /// What every function of one protocol has in common: names, argument order, shapes of replies. Part of the functions' names.
    package static let protocolVersion = 1

    /// Rises with every change of the text. A test holds ``digest`` against it.
    package static let revision = 82

    /// The text of the library.
    /// - Parameters:
    ///   - pinned: marks it so that newer programs leave it in place, for a roll-back.
    ///   - replacing: other texts for some modules, for tests.
    package static func text(pinned: Bool = false, replacing: [String: String] = [:], revision: Int = revision) -> String {
        var text = "#!lua name=sluice\n" + loader
        text += "local PROTOCOL, REVISION, PINNED = \(protocolVersion), \(revision), \(pinned ? 1 : 0)\n"
        for (name, source) in modules.sorted(by: { $0.key < $1.key }) where name != "library" {
            text += "modules['\(name)'] = function(M)\n\(replacing[name] ?? source)\nend\n"
        }
        return text + (replacing["library"] ?? modules["library", default: ""])
    }

    /// FNV-1a of all modules, by which a test notices that the text changed and the revision did not.
    package static var digest: String {
        let hash = text(revision: 0).utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
        return String(hash, radix: 16)
    }

    private static let loader = """
        local modules, loaded = {}, {}
        local function require(name)
          local module = loaded[name]
          if not module then
            module = {}
            loaded[name] = module
            modules[name](module)
          end
          return module
        end

        """

    /// Source by module. The build embeds what is in `lua/` but cannot list it; a test compares the two.
    package static let modules: [String: String] = [
        "actions": source(PackageResources.actions_lua),
        "ageing": source(PackageResources.ageing_lua),
        "ahead": source(PackageResources.ahead_lua),
        "ahead_queue": source(PackageResources.ahead_queue_lua),
        "arguments": source(PackageResources.arguments_lua),
        "aside": source(PackageResources.aside_lua),
        "audit": source(PackageResources.audit_lua),
        "audit_cron": source(PackageResources.audit_cron_lua),
        "audit_deadlines": source(PackageResources.audit_deadlines_lua),
        "audit_gates": source(PackageResources.audit_gates_lua),
        "audit_jobs": source(PackageResources.audit_jobs_lua),
        "audit_unique": source(PackageResources.audit_unique_lua),
        "await": source(PackageResources.await_lua),
        "batch": source(PackageResources.batch_lua),
        "batch_index": source(PackageResources.batch_index_lua),
        "breaker": source(PackageResources.breaker_lua),
        "bulk": source(PackageResources.bulk_lua),
        "bulk_filter": source(PackageResources.bulk_filter_lua),
        "calls": source(PackageResources.calls_lua),
        "chains": source(PackageResources.chains_lua),
        "choose": source(PackageResources.choose_lua),
        "claim": source(PackageResources.claim_lua),
        "clock": source(PackageResources.clock_lua),
        "columns": source(PackageResources.columns_lua),
        "commit": source(PackageResources.commit_lua),
        "conflicts": source(PackageResources.conflicts_lua),
        "cron": source(PackageResources.cron_lua),
        "cron_change": source(PackageResources.cron_change_lua),
        "cron_entry": source(PackageResources.cron_entry_lua),
        "cron_fire": source(PackageResources.cron_fire_lua),
        "cycle": source(PackageResources.cycle_lua),
        "deadlines": source(PackageResources.deadlines_lua),
        "declare": source(PackageResources.declare_lua),
        "deliver": source(PackageResources.deliver_lua),
        "depth": source(PackageResources.depth_lua),
        "diagnose": source(PackageResources.diagnose_lua),
        "diagnose_suspended": source(PackageResources.diagnose_suspended_lua),
        "ended": source(PackageResources.ended_lua),
        "enqueue": source(PackageResources.enqueue_lua),
        "enqueue_read": source(PackageResources.enqueue_read_lua),
        "events": source(PackageResources.events_lua),
        "expiry": source(PackageResources.expiry_lua),
        "explain": source(PackageResources.explain_lua),
        "followers": source(PackageResources.followers_lua),
        "gates": source(PackageResources.gates_lua),
        "help": source(PackageResources.help_lua),
        "history": source(PackageResources.history_lua),
        "hosts": source(PackageResources.hosts_lua),
        "json": source(PackageResources.json_lua),
        "keys": source(PackageResources.keys_lua),
        "kinds": source(PackageResources.kinds_lua),
        "lanes": source(PackageResources.lanes_lua),
        "library": source(PackageResources.library_lua),
        "limiter": source(PackageResources.limiter_lua),
        "limits": source(PackageResources.limits_lua),
        "limits_list": source(PackageResources.limits_list_lua),
        "links": source(PackageResources.links_lua),
        "manage": source(PackageResources.manage_lua),
        "members": source(PackageResources.members_lua),
        "migration": source(PackageResources.migration_lua),
        "notices": source(PackageResources.notices_lua),
        "once": source(PackageResources.once_lua),
        "options": source(PackageResources.options_lua),
        "outbox": source(PackageResources.outbox_lua),
        "overrides": source(PackageResources.overrides_lua),
        "oversize": source(PackageResources.oversize_lua),
        "packed": source(PackageResources.packed_lua),
        "parking": source(PackageResources.parking_lua),
        "polling": source(PackageResources.polling_lua),
        "progress": source(PackageResources.progress_lua),
        "queue": source(PackageResources.queue_lua),
        "rate": source(PackageResources.rate_lua),
        "record": source(PackageResources.record_lua),
        "repair": source(PackageResources.repair_lua),
        "reserve": source(PackageResources.reserve_lua),
        "resync": source(PackageResources.resync_lua),
        "rewind": source(PackageResources.rewind_lua),
        "running": source(PackageResources.running_lua),
        "semaphore": source(PackageResources.semaphore_lua),
        "settle": source(PackageResources.settle_lua),
        "signed": source(PackageResources.signed_lua),
        "spec": source(PackageResources.spec_lua),
        "states": source(PackageResources.states_lua),
        "stats": source(PackageResources.stats_lua),
        "suspects": source(PackageResources.suspects_lua),
        "unique": source(PackageResources.unique_lua),
        "utf8": source(PackageResources.utf8_lua),
        "view": source(PackageResources.view_lua),
        "waiting": source(PackageResources.waiting_lua),
        "wake": source(PackageResources.wake_lua),
        "workers": source(PackageResources.workers_lua),
        "workflow": source(PackageResources.workflow_lua),
        "workflow_add": source(PackageResources.workflow_add_lua),
        "workflow_graph": source(PackageResources.workflow_graph_lua),
        "workflow_index": source(PackageResources.workflow_index_lua),
        "workflow_step": source(PackageResources.workflow_step_lua),
        "workflow_tell": source(PackageResources.workflow_tell_lua),
        "workflow_view": source(PackageResources.workflow_view_lua),
    ]

    private static func source(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
