//! Sixty shapes in which actors are written, as real code has them: each before and after adoption.
//!
//! Both versions do the same; adoption changes at most three lines, four where the table of exceptions says why; and what it
//! gains are the spans: each below the one that its message was sent from, with its error.

#![allow(
    unreachable_pub,
    clippy::default_trait_access,
    clippy::large_futures,
    clippy::needless_pass_by_value,
    clippy::needless_return,
    clippy::manual_let_else,
    clippy::match_wildcard_for_single_variants,
    clippy::single_component_path_imports,
    clippy::single_match,
    clippy::single_match_else,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    clippy::unused_self,
    clippy::while_let_loop,
    reason = "each shape is written as real code is, and as a file of its own crate would be"
)]

use std::path::Path;

use traced_actor::record::FinishedSpan;
use traced_actor::{Envelope, current_span, testkit, traced_actor};

/// The shapes that need four changed lines, with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("19_command_in_a_struct", "two types are the message"),
    ("20_free_functions", "the loop and the handler are two items"),
    ("41_traced_block", "two types of messages in one file"),
    ("45_ask_another", "two types of messages in one file"),
    ("48_spawned_work", "work is spawned that sends"),
];

/// The span under which the work of each shape runs.
#[traced_actor(name = "Root")]
struct Root;

macro_rules! shapes {
    ($($shape:ident $folder:literal: $changed:literal lines, [$($span:literal),* $(,)?];)*) => {
        /// All folders, in their order.
        const SHAPES: &[&str] = &[$($folder),*];

        $(
            #[path = $folder]
            mod $shape {
                #[path = "before.rs"]
                mod before;
                #[path = "after.rs"]
                mod after;

                #[tokio::test(start_paused = true)]
                async fn behaves_as_before_and_leaves_spans() {
                    let before = before::exercise().await;
                    assert!(!before.is_empty());
                    let (after, spans) = super::traced(after::exercise()).await;
                    assert_eq!(after, before);
                    let mut expected = vec![$($span),*];
                    expected.sort_unstable();
                    assert_eq!(spans, expected);
                }

                #[test]
                fn changes_few_lines() {
                    let changed = super::changed_lines($folder);
                    let most = if super::EXCEPTIONS.iter().any(|(folder, _)| *folder == $folder) { 4 } else { 3 };
                    assert!(changed <= most, "{changed}");
                    assert_eq!(changed, $changed);
                }
            }
        )*
    };
}

// `01_handler` and so on are the names of the folders; a module's name begins with a letter.
#[rustfmt::skip] // a shape is a line
shapes! {
    handler "01_handler": 3 lines, ["Root > Actor/NextId", "Root > Actor/NextId", "Root > Actor/Reset", "Root > Actor/NextId"];
    free_loop "02_free_loop": 3 lines, ["Root > Adder/Add", "Root > Adder/Double", "Root > Adder/Add"];
    select "03_select": 3 lines, ["Root > Worker/Work", "Root > Worker/Work", "Root > Worker/Work", "Root > Worker/Stop"];
    inline_match "04_inline_match": 3 lines, ["Root > Service/Add", "Root > Service/Add", "Root > Service/Stop"];
    two_mailboxes "05_two_mailboxes": 2 lines, ["Root > Node/Grow", "Root > Node/Size", "Root > Node/Age"];
    inspected_first "06_inspected_first": 3 lines, ["Root > Printer/Print", "Root > Printer/Shutdown", "Root > Printer/Fail ! an error occurred when formatting an argument"];
    trait_handler "07_trait_handler": 3 lines, ["Root > Stack/Push", "Root > Stack/Push", "Root > Stack/Pop", "Root > Stack/Push"];
    generic_elsewhere "08_generic_elsewhere": 3 lines, ["Root > Store/Put", "Root > Store/Get", "Root > Store/Flush", "Root > Store/Stop"];
    thread "09_thread": 3 lines, ["Root > Local/Request", "Root > Local/Request", "Root > Request/Request"];
    errors_and_decoy "10_errors_and_decoy": 3 lines, ["Root > Connection/Text", "Root > Connection/Close", "Root > Connection/Text"];
    unbounded_log "11_unbounded_log": 3 lines, ["Root > Journal/Line", "Root > Journal/Flush"];
    question_mark "12_question_mark": 3 lines, ["Root > Ledger/Pay", "Root > Ledger/Pay ! overdrawn"];
    inline_question_mark "13_inline_question_mark": 3 lines, ["Root > Importer/Row", "Root > Importer/Row ! bad row"];
    control_flow "14_control_flow": 3 lines, ["Root > Lift/Up", "Root > Lift/Up", "Root > Lift/Halt"];
    shared_handler "15_shared_handler": 3 lines, ["Root > Gauge/Add", "Root > Gauge/Add"];
    option_parameter "16_option_parameter": 3 lines, ["Root > Desk/Ask", "Root > Desk/Ask"];
    extra_parameters "17_extra_parameters": 3 lines, ["Root > Clock/Set", "Root > Clock/Skew"];
    foreign_message "18_foreign_message": 3 lines, ["Root > Till/String", "Root > Till/String"];
    command_in_a_struct "19_command_in_a_struct": 4 lines, ["Root > Request/Open", "Root > Request/Close"];
    free_functions "20_free_functions": 4 lines, ["Root > State/Put", "Root > State/Drop"];
    event_source_beside "21_event_source_beside": 3 lines, ["Root > Dial/Dial", "Root > Dial/Dial"];
    interval "22_interval": 3 lines, ["Root > Meter/Read", "Root > Meter/Read"];
    shutdown_watch "23_shutdown_watch": 3 lines, ["Root > Courier/Parcel", "Root > Courier/Parcel"];
    helper_with_select "24_helper_with_select": 3 lines, ["Root > Porter/Carry", "Root > Porter/Carry"];
    timeout "25_timeout": 3 lines, ["Root > Guard/Ping", "Root > Guard/Ping"];
    let_else "26_let_else": 3 lines, ["Root > Press/Page", "Root > Press/Page"];
    match_recv "27_match_recv": 3 lines, ["Root > Sorter/Letter", "Root > Sorter/Stop"];
    frame_drain "28_frame_drain": 3 lines, ["Root > Scene/Move", "Root > Scene/Move", "Root > Scene/Spawn"];
    batch "29_batch": 3 lines, ["Root > Indexer/batch"];
    poll_fn "30_poll_fn": 3 lines, ["Root > Engine/Rev", "Root > Engine/Rev"];
    polled_batch "31_polled_batch": 3 lines, ["Root > Mixer/batch", "Mixer/batch > Mixer/Note", "Mixer/batch > Mixer/Rest"];
    stream "32_stream": 3 lines, ["Root > Tuner/Station", "Root > Tuner/Off"];
    stream_in_select "33_stream_in_select": 3 lines, ["Root > Pump/Open", "Root > Pump/Shut"];
    render_thread "34_thread": 3 lines, ["Root > Renderer/Draw", "Root > Renderer/Draw"];
    flume_thread "35_flume_thread": 3 lines, ["Root > Encoder/Frame", "Root > Encoder/Frame"];
    flume_async "36_flume_async": 3 lines, ["Root > Bus/Stop", "Root > Bus/Stop"];
    worker_pool "37_worker_pool": 3 lines, ["Root > Worker/Task", "Root > Worker/Task", "Root > Worker/Task"];
    async_channel_pool "38_async_channel_pool": 3 lines, ["Root > Cook/Dish", "Root > Cook/Dish"];
    local_actor "39_local_actor": 3 lines, ["Root > Script/Run", "Root > Script/Run"];
    block_with_handler "40_block_with_handler": 3 lines, ["Root > Chain/Append", "Root > Chain/Append ! empty"];
    traced_block "41_traced_block": 4 lines, ["Root > Frame/Text", "Root > Frame/Close", "Frame/Text > Echo/Echo"];
    trait_method "42_trait_method": 3 lines, ["Root > Relay/Forward", "Root > Relay/Quit ! asked to quit"];
    blocking_trait_method "43_blocking_trait_method": 3 lines, ["Root > Reader/Read", "Root > Reader/Read ! no such block"];
    self_sends "44_self_sends": 3 lines, ["Root > Crawler/Visit", "Crawler/Visit > Crawler/Visit", "Crawler/Visit > Crawler/Visit"];
    ask_another "45_ask_another": 4 lines, ["Root > Shop/Buy", "Shop/Buy > Take/Take", "Root > Shop/Buy ! sold out", "Shop/Buy > Take/Take"];
    fan_out "46_fan_out": 3 lines, ["Root > Room/Say", "Room/Say > Said/Said", "Room/Say > Said/Said"];
    pipeline "47_pipeline": 3 lines, ["Root > Raw/Raw", "Raw/Raw > Clean/Clean", "Root > Raw/Raw", "Raw/Raw > Clean/Clean"];
    spawned_work "48_spawned_work": 4 lines, ["Root > Clerk/File", "Clerk/File > Clerk/Filed"];
    futures_unordered "49_futures_unordered": 3 lines, ["Root > Fetcher/Fetch", "Root > Fetcher/Fetch"];
    generic "50_generic": 3 lines, ["Root > Cache/Put", "Root > Cache/Get"];
    const_generic "51_const_generic": 3 lines, ["Root > Ring/Push", "Root > Ring/Push"];
    cfg_variants "52_cfg_variants": 3 lines, ["Root > Store/Put", "Root > Store/Clear"];
    close_and_drain "53_close_and_drain": 3 lines, ["Root > Bin/Drop", "Root > Bin/Empty", "Root > Bin/Drop"];
    supervised "54_supervised": 3 lines, ["Root > Pilot/Fly", "Root > Pilot/Crash ! engine out", "Root > Pilot/Fly"];
    states "55_states": 3 lines, ["Root > Session/Login", "Root > Session/Post", "Root > Session/Logout"];
    step_function "56_step_function": 3 lines, ["Root > Overseer/Hire", "Root > Overseer/Fire ! nobody left"];
    decoy "57_decoy": 3 lines, ["Root > Proxy/Route", "Root > Proxy/Route"];
    wrapped_receiver "58_wrapped_receiver": 3 lines, ["Root > Player/Play", "Root > Player/Pause"];
    optional_receiver "59_optional_receiver": 3 lines, ["Root > Buzzer/Buzz", "Root > Buzzer/Buzz"];
    typed_paths "60_typed_paths": 3 lines, ["Root > Socket/Forward", "Root > Socket/Forward"];
}

/// Runs the work of a shape below its own span. Returns its output, and the spans of that trace: what each is below, its
/// name, and how it failed.
async fn traced<T>(work: impl Future<Output = T>) -> (T, Vec<String>) {
    let spans = testkit::install();
    let mut root = Envelope::bare(Root).open().1;
    let work = async { (current_span().context().expect("everything is sampled"), work.await) };
    let (context, output) = root.run(work).await;
    root.end_ok();
    let of_trace = |span: &FinishedSpan| span.context.trace_id == context.trace_id;
    let of_trace: Vec<_> = spans.all().into_iter().filter(of_trace).collect();
    let below = |span: &FinishedSpan| {
        let parent = of_trace.iter().find(|other| Some(other.context.span_id) == span.parent);
        parent.map_or("nothing", |parent| if parent.name == "Root/Root" { "Root" } else { parent.name })
    };
    let text = |span: &FinishedSpan| {
        let error = span.error.as_ref().map(|error| format!(" ! {error}")).unwrap_or_default();
        format!("{} > {}{error}", below(span), span.name)
    };
    let mut found: Vec<String> = of_trace.iter().filter(|span| span.name != "Root/Root").map(text).collect();
    found.sort_unstable();
    (output, found)
}

/// Lines that adoption adds or changes: those of `after.rs` that are not in the longest common subsequence.
fn changed_lines(folder: &str) -> usize {
    let read = |file: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/actors/shapes").join(folder).join(file);
        std::fs::read_to_string(path).unwrap()
    };
    let (before, after) = (read("before.rs"), read("after.rs"));
    let (before, after): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let mut common = vec![vec![0; after.len() + 1]; before.len() + 1];
    for (i, old) in before.iter().enumerate() {
        for (j, new) in after.iter().enumerate() {
            common[i + 1][j + 1] =
                if old == new { common[i][j] + 1 } else { common[i][j + 1].max(common[i + 1][j]) };
        }
    }
    after.len() - common[before.len()][after.len()]
}

#[test]
fn a_changed_line_counts_once() {
    // The diff of the first shape: one line replaced, two added.
    assert_eq!(changed_lines("01_handler"), 3);
}

#[test]
fn most_shapes_change_three_lines() {
    assert_eq!(SHAPES.len(), 60);
    let three = SHAPES.iter().filter(|shape| changed_lines(shape) <= 3).count();
    assert!(three * 100 >= SHAPES.len() * 85, "{three} of {}", SHAPES.len());
    let four: Vec<_> = SHAPES.iter().filter(|shape| changed_lines(shape) == 4).collect();
    let named: Vec<_> = EXCEPTIONS.iter().map(|(folder, _)| folder).collect();
    assert_eq!(four, named);
}
