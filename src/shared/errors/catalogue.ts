/**
 * Every error that a user can meet: its code, and its message in English and Chinese. A message says what happened and
 * what to do next; `{name}` marks a parameter. Add an entry here first, then throw it with `new AppError(code, params)`.
 */
export const catalogue = {
  // General
  internal: {
    en: 'Something went wrong inside Reelwright ({detail}). Try again; if it happens again, send the log.',
    zh: 'Reelwright 内部出错（{detail}）。请重试；如再次出现，请把日志发给我们。',
  },
  'invalid-input': {
    en: 'The value of “{field}” is not valid: {problem}.',
    zh: '“{field}”的值无效：{problem}。',
  },
  cancelled: { en: 'Stopped, as you asked.', zh: '已按你的要求停止。' },
  disconnected: {
    en: 'The connection to the engine was lost. It reconnects by itself; if it does not, start Reelwright again.',
    zh: '与引擎的连接已断开。会自动重连；若没有恢复，请重新启动 Reelwright。',
  },
  'unknown-procedure': {
    en: 'The engine does not know “{name}”. The studio and the engine differ in version: update both.',
    zh: '引擎不认识“{name}”。界面与引擎版本不同：请都更新。',
  },
  'not-found': { en: '{what} {id} does not exist any more.', zh: '{what} {id} 已不存在。' },

  // Workspace
  'workspace-locked': {
    en: 'Another Reelwright (process {pid}) is using the workspace {path}. Close it, or choose another workspace.',
    zh: '另一个 Reelwright（进程 {pid}）正在使用工作区 {path}。请关闭它，或换一个工作区。',
  },
  'workspace-newer': {
    en: 'The workspace {path} was made by a newer Reelwright (schema {found}, this one knows {known}). Update Reelwright.',
    zh: '工作区 {path} 由更新版本的 Reelwright 创建（结构版本 {found}，当前支持 {known}）。请更新 Reelwright。',
  },
  'workspace-unwritable': {
    en: 'Cannot write to the workspace {path}: {detail}. Check its permissions, or choose another workspace.',
    zh: '无法写入工作区 {path}：{detail}。请检查权限，或换一个工作区。',
  },
  'disk-full': {
    en: 'The disk with {path} is full. Free some space and try again; nothing that was finished is lost.',
    zh: '{path} 所在磁盘已满。请腾出空间后重试；已完成的内容不会丢失。',
  },

  // Jobs and workers
  'worker-killed': {
    en: 'The worker process was ended from outside ({signal}), perhaps because memory ran out. Resume to go on from the last checkpoint.',
    zh: '工作进程被外部终止（{signal}），可能是内存不足。可从上一个检查点继续。',
  },
  'worker-exited': {
    en: 'The worker process stopped before it was done (exit code {code}). {detail}',
    zh: '工作进程未完成就退出了（退出码 {code}）。{detail}',
  },
  'worker-silent': {
    en: 'The worker process gave no sign of life for {seconds} seconds and was ended. Resume to try again.',
    zh: '工作进程 {seconds} 秒没有响应，已被结束。可继续重试。',
  },
  'engine-stopped': {
    en: 'The engine stopped while this was running. Resume to go on where it was.',
    zh: '引擎在任务运行时停止了。可从中断处继续。',
  },
  'job-not-resumable': {
    en: 'This job cannot be resumed. Start it again.',
    zh: '此任务无法继续，请重新开始。',
  },

  // Takes
  'no-such-clip': {
    en: 'The library holds no clip named “{name}”. Import it first, or look its name up in the library.',
    zh: '素材库里没有名为“{name}”的片段。请先导入，或在素材库中查看它的名称。',
  },
  'mask-empty': {
    en: 'The mask covers no part of the picture, so there is nothing to fill in. Choose a region inside the picture.',
    zh: '遮罩没有覆盖画面的任何部分，没有可填补的内容。请在画面内选择一个区域。',
  },
  'mask-whole': {
    en: 'The mask covers the whole picture, so nothing of the clip would be kept. Choose a smaller region, or generate a clip from a prompt.',
    zh: '遮罩覆盖了整个画面，片段的内容一点也不会保留。请选择小一些的区域，或用提示词生成片段。',
  },
  'task-not-trained': {
    en: 'This model was not trained for “{task}”. Choose another model, or train one whose window has several frames and whose conditionShare is above 0.',
    zh: '该模型没有学过“{task}”。请换一个模型，或训练一个窗口含多帧且 conditionShare 大于 0 的模型。',
  },

  // Media
  'ffmpeg-missing': {
    en: 'No working ffmpeg (with libx264) and ffprobe were found. Install ffmpeg, or set both paths in the settings, and try again.',
    zh: '未找到可用的 ffmpeg（需含 libx264）和 ffprobe。请安装 ffmpeg，或在设置中填写两者的路径，然后重试。',
  },
  'file-unreadable': {
    en: 'Cannot read {path}: {detail}. Check that the file exists and that you may read it.',
    zh: '无法读取 {path}：{detail}。请确认文件存在且有读取权限。',
  },
  'file-empty': {
    en: '{path} is empty (0 bytes). Copy it again from its source.',
    zh: '{path} 是空文件（0 字节）。请重新复制。',
  },
  'file-not-media': {
    en: '{path} is not a video or an animated image that Reelwright can read ({detail}).',
    zh: '{path} 不是 Reelwright 能读取的视频或动图（{detail}）。',
  },
  'file-damaged': {
    en: '{path} is damaged: {detail}. Export it again from its source, or repair it with a video tool.',
    zh: '{path} 已损坏：{detail}。请从来源重新导出，或用视频工具修复。',
  },
  'file-unsupported': { en: '{path}: files of this kind are not imported.', zh: '{path}：不导入这类文件。' },
  'file-duplicate': {
    en: '{path} is already in the library (same content).',
    zh: '{path} 已在库中（内容相同）。',
  },
  'caption-unreadable': {
    en: 'The caption {path} cannot be used: {detail}. Save it as short UTF-8 text and import again.',
    zh: '无法使用说明文字 {path}：{detail}。请存为简短的 UTF-8 文本后重新导入。',
  },
  'file-exists': {
    en: '{path} exists already. Choose another name, or allow overwriting.',
    zh: '{path} 已存在。请换一个名字，或允许覆盖。',
  },

  // This machine: devices, space, memory
  'runtime-not-starting': {
    en: 'ONNX Runtime does not start here ({detail}). Install Reelwright again.',
    zh: 'ONNX Runtime 无法在此启动（{detail}）。请重新安装 Reelwright。',
  },
  'webgpu-not-carried': {
    en: 'ONNX Runtime has no WebGPU for this system. It has on Windows, macOS and Linux x64; here, use the CPU.',
    zh: 'ONNX Runtime 在此系统上不支持 WebGPU（支持 Windows、macOS 和 Linux x64）。请使用 CPU。',
  },
  'cuda-not-installed': {
    en: 'ONNX Runtime cannot load CUDA. With an NVIDIA card, install CUDA 12 and cuDNN 9, then run “ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node”. WebGPU needs none of this.',
    zh: 'ONNX Runtime 无法加载 CUDA。如有 NVIDIA 显卡，请先安装 CUDA 12 和 cuDNN 9，再运行“ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node”。WebGPU 无需这些。',
  },
  'device-other-system': {
    en: '{device} is only for {systems}. Here, use WebGPU or the CPU.',
    zh: '{device} 仅适用于 {systems}。请在此使用 WebGPU 或 CPU。',
  },
  'device-not-working': {
    en: 'This device cannot compute here ({detail}). Update the driver of the graphics card, or use the CPU.',
    zh: '此设备无法在此计算（{detail}）。请更新显卡驱动，或使用 CPU。',
  },
  'device-wrong-results': {
    en: 'This device computes wrong results ({detail}). Update the driver of the graphics card, or use the CPU.',
    zh: '此设备的计算结果有误（{detail}）。请更新显卡驱动，或使用 CPU。',
  },
  'no-graphics': {
    en: 'No graphics card can be used, so training runs on the CPU, only slower. The list of devices says why for each.',
    zh: '没有可用的显卡，训练将使用 CPU，只是较慢。各设备不可用的原因见设备列表。',
  },
  'disk-low': {
    en: 'Free some space, or use a workspace on another disk: a training run is at ease with {wanted}.',
    zh: '请腾出空间，或使用其他磁盘上的工作区：训练最好有 {wanted} 可用空间。',
  },
  'memory-low': {
    en: 'This is little memory: close other programs while training, and train with a smaller batch.',
    zh: '内存偏少：训练时请关闭其他程序，并使用较小的批次。',
  },

  // Splits, training, generation
  'too-few-groups': {
    en: 'There are {groups} groups of clips, but {parts} parts to fill. Add clips from other sources, or set a part to 0.',
    zh: '共有 {groups} 组片段，却要分成 {parts} 份。请添加其他来源的片段，或把某一份设为 0。',
  },
  'no-clips': { en: 'There are no clips to work on. Import some first.', zh: '没有可用的片段。请先导入。' },
  'run-does-not-fit': {
    en: 'This run does not fit on this machine: it needs {memory} of memory ({memoryFree} are free) and {disk} on the disk ({diskFree} are free). Make it smaller as the forecast proposes, or free some; it can also be started all the same.',
    zh: '此次训练在本机放不下：需要 {memory} 内存（可用 {memoryFree}）和 {disk} 磁盘空间（可用 {diskFree}）。请按预测的建议缩小设置，或腾出空间；也可以仍然开始。',
  },
  'checkpoint-missing': {
    en: 'This run has no checkpoint yet that can be used. Let it train until the first checkpoint is written.',
    zh: '此次训练还没有可用的检查点。请训练到写出第一个检查点。',
  },
  'optimizer-changed': {
    en: 'The run was trained with the optimizer {before}, whose state {after} cannot use. Start a new run from this one to train on with another optimizer.',
    zh: '此训练使用的优化器是 {before}，其状态不能用于 {after}。如需更换优化器，请以此训练为起点新建训练。',
  },
  'base-not-trained': {
    en: 'The run to start from ({path}) has no checkpoint of a trained model. Choose another run, or train that one first.',
    zh: '作为起点的训练（{path}）还没有训练好的检查点。请选择其他训练，或先完成该训练。',
  },
  'checkpoint-damaged': {
    en: 'The checkpoint {path} is damaged ({detail}). Resume uses the one before it.',
    zh: '检查点 {path} 已损坏（{detail}）。继续时会使用前一个。',
  },
  'text-encoder-damaged': {
    en: 'The text encoder in {folder} is missing or damaged ({detail}). Install Reelwright again, or run “node scripts/fetch-text-encoder.ts” in its source folder.',
    zh: '{folder} 中的文本编码器缺失或已损坏（{detail}）。请重新安装 Reelwright，或在其源代码目录运行“node scripts/fetch-text-encoder.ts”。',
  },
  'model-damaged': {
    en: 'The model in {path} is damaged: {detail}. If it is the one that came with Reelwright, install Reelwright again; if it was shared with you, get a new copy.',
    zh: '{path} 中的模型已损坏：{detail}。如果是 Reelwright 自带的模型，请重新安装 Reelwright；如果是别人分享的，请重新获取。',
  },
  'model-newer': {
    en: 'The model in {path} was made for a newer Reelwright (format {found}, this one knows {known}). Update Reelwright.',
    zh: '{path} 中的模型适用于更新版本的 Reelwright（格式 {found}，当前支持 {known}）。请更新 Reelwright。',
  },
  'base-model-missing': {
    en: 'This Reelwright came without its base model ({path}). Install Reelwright again, or train a model on your own clips first.',
    zh: '此 Reelwright 缺少自带的基础模型（{path}）。请重新安装 Reelwright，或先用自己的片段训练模型。',
  },
  'model-replaced': {
    en: '{name} {version}, with which this was begun, has been replaced by another version. Start it again with the model that is there now.',
    zh: '开始时使用的 {name} {version} 已被其他版本替换。请用现有模型重新开始。',
  },
  'not-bit-exact': {
    en: 'Training goes on with {now}, where the checkpoint was made with {before}. It goes on well, but its numbers may differ in the last digits from those of a run that was not interrupted.',
    zh: '现在用 {now} 继续训练，而检查点是用 {before} 生成的。训练会正常进行，但数值的末几位可能与未中断的训练不同。',
  },
  'device-unavailable': {
    en: 'The device “{device}” cannot be used here: {detail}. Nothing is lost: choose the CPU in the settings, then try again or resume.',
    zh: '此处无法使用设备“{device}”：{detail}。没有内容丢失：请在设置中选择 CPU，然后重试或继续。',
  },
  'device-failed': {
    en: 'The device “{device}” failed while it computed: {detail}. Resume to go on from the last checkpoint; if it fails again, choose the CPU in the settings.',
    zh: '设备“{device}”在计算时出错：{detail}。可从上一个检查点继续；若再次出错，请在设置中选择 CPU。',
  },
  'loss-not-finite': {
    en: 'The loss became infinite at step {step}. Lower the learning rate and resume.',
    zh: '第 {step} 步损失变为无穷大。请降低学习率后继续。',
  },
} as const satisfies Record<string, { en: string; zh: string }>;

export type ErrorCode = keyof typeof catalogue;
