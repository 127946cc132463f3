"""What the command line says in Mongolian and English: help, labels, phrases, and the starter files of `planforge new`.

Faults are not here: they are problems, and their texts are in `problems.toml`. Plain tuples, because `planforge --help`
reads this module and nothing else of the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planforge.errors import Lang

__all__ = ["EXAMPLES", "GROUPS", "HELP", "PHRASES", "STARTERS", "WORDS", "say"]

HELP: dict[str, tuple[str, str]] = {
    # Commands: the first paragraph also stands in the list of commands.
    "planforge": (
        "Албан төлөвлөгөө, тайланг өгөгдлийн файлаас Word баримт болгоно.",
        "Makes official Mongolian plans and reports as Word documents from data files.",
    ),
    "demo": (
        "Хоёр бодит жишээг Word баримт болгож үзүүлнэ.\n\n"
        "Хавтсанд customs-2024-plan.docx, govisumber-2021-report.docx гэсэн хоёр файл үүснэ. Ийм нэртэй файл байвал "
        "шинээр солино.",
        "Shows two real examples as Word documents.\n\n"
        "Writes customs-2024-plan.docx and govisumber-2021-report.docx into a folder; files of these names are "
        "replaced.",
    ),
    "new": (
        "Шинэ төлөвлөгөө эсвэл тайлангийн эхлэл файл үүсгэнэ.\n\n"
        "Файл дотор юуг хаана бичихийг тайлбарласан байна. Байгаа файлыг дарж бичихгүй. Тайланг plan.yaml байгаа "
        "хавтсанд үүсгэвэл арга хэмжээ бүрийн мөр бэлэн орно.",
        "Makes a starter file for a plan or a report.\n\n"
        "Comments in it say what goes where. A file that exists is never overwritten. A report that is made beside a "
        "plan.yaml gets a line for each of its measures.",
    ),
    "render": (
        "Өгөгдлийн файлаас Word баримт үүсгэнэ.\n\n"
        "Файл тус бүрээс нэг баримт гарна. Нэг файлын алдаа бусдыг нь зогсоохгүй. Үүссэн файлуудын нэрийг хэвлэнэ.",
        "Makes Word documents from data files.\n\n"
        "One document from each file; a fault in one file does not stop the others. Prints the names of the documents.",
    ),
    "batch": (
        "Олон нэгжийн баримтыг нэг дор үүсгэнэ.\n\n"
        "Ажлын хүснэгт (.xlsx, .ods), мөр бүр нь нэг нэгж .jsonl файл, тайлангийн файлуудтай хавтас, эсвэл нэгжийн "
        "жагсаалтаас нэгж бүрд нэг баримт гарна. Нэг нэгжийн алдаа бусдыг нь зогсоохгүй. Дахин ажиллуулбал зөвхөн "
        "өөрчлөгдсөнийг хийнэ; хүн засварласан баримтыг дарж бичихгүй. Зарим нэгж алдаатай бол гарах код 3.",
        "Makes the documents of many units at once.\n\n"
        "One for each unit of a workbook (.xlsx, .ods), a .jsonl file with a unit on each line, a folder of reports, "
        "or a list of units. A fault in one unit does not stop the others. A second run does only what has changed; a "
        "document that somebody has edited is not replaced. The exit code is 3 if some units failed.",
    ),
    "batch.source": (
        "Нэгжүүд: ажлын хүснэгт, .jsonl файл, хавтас, эсвэл «planforge: units/1» жагсаалт.",
        "The units: a workbook, a .jsonl file, a folder, or a list “planforge: units/1”.",
    ),
    "batch.output": ("Баримт үүсгэх хавтас, эсвэл нэг .zip файл.", "The folder for the documents, or one .zip file."),
    "batch.plan": (
        "Бүх нэгжид хамаарах төлөвлөгөө, өгөгдөлд нь байхгүй бол.",
        "The plan of all units, where their data hold none.",
    ),
    "batch.names": (
        "Файлын нэрийн загвар, жишээ нь «{{ дугаар }}-{{ нэгж }}»; анхдагч нь «{{ нэгж }}».",
        "The pattern of file names, such as “{{ number }}-{{ unit }}”; by default “{{ unit }}”.",
    ),
    "batch.unit": (
        "Зөвхөн эдгээр нэгж, жишээ нь «ГС-*».",
        "Only these units, such as “GS-*”.",
    ),
    "batch.jobs": (
        "Хэдэн процессоор хийх. Хоёроос дээш бол унасан, гацсан процесс зөвхөн нэг нэгжид нөлөөлнө.",
        "How many processes work. With two or more, one that dies or hangs costs one unit only.",
    ),
    "batch.dask": (
        "Ажлыг Dask кластерт өгнө, жишээ нь tcp://10.0.0.1:8786. Гаралтын хавтас бүх машинд харагдах ёстой.",
        "Hand the work to a Dask cluster, such as tcp://10.0.0.1:8786. All machines must see the output folder.",
    ),
    "batch.template": (
        "Бэлэн загварын нэр, .docx загвар эсвэл маягтын .yaml файл; анхдагч нь өгөгдлийн төрөлд тохирох plan эсвэл "
        "report.",
        "A built-in template, a .docx file or a layout (.yaml); by default plan for plans and report for reports.",
    ),
    "batch.today": (
        "Загварт өнөөдөр гэж хэвлэх огноо, жишээ нь 2024.03.20; анхдагч нь компьютерын огноо.",
        "The date that templates print as today, such as 2024.03.20; the computer's date by default.",
    ),
    "batch.no_embed": (
        "Өгөгдлийг баримт дотор хадгалахгүй; `read` команд ийм баримтыг уншихгүй.",
        "Leave the data out of the document; `read` cannot read such a document.",
    ),
    "batch.force": (
        "Өөрчлөгдөөгүй баримтыг ч дахин үүсгэнэ.",
        "Make again what has not changed, too.",
    ),
    "batch.overwrite": (
        "Хүн засварласан, эсвэл өөр газраас ирсэн ижил нэртэй файлыг дарж бичнэ.",
        "Replace files that somebody has edited, and others of the same name.",
    ),
    "batch.dry_run": (
        "Бүх нэгжийг туршиж, жинхэнэ ажиллуулгад юу болохыг хэлнэ. Юу ч бичихгүй.",
        "Try every unit and say what a real run would do, but write nothing.",
    ),
    "batch.pdf": (
        "Баримт бүрийг PDF болгоно; хүн тавьсан, засварласан PDF файлыг дарж бичихгүй.",
        "Also make a PDF of each document; one that somebody put there or has edited is not replaced.",
    ),
    "check": (
        "Өгөгдөл, загвар, маягтын файлыг шалгаж, бүх алдааг нэг дор хэлнэ.\n\n"
        "Төлөвлөгөө, тайлан, маягтын тодорхойлолт (.yaml, .json) болон Word загвар (.docx) шалгана. -t сонголтоор "
        "өгөгдлийг загварт оруулж үзнэ. Шалгаж буй файлыг өөрчлөхгүй. --annotate сонголтоор загварын алдаа бүрд Word "
        "тайлбар тавьсан хуулбар гаргана.",
        "Checks data, templates and layouts and names every fault at once.\n\n"
        "Takes plans, reports and layouts (.yaml, .json) and Word templates (.docx); with -t data are also tried in a "
        "template. Changes none of them; with --annotate it makes a copy of a template with a Word comment on each "
        "fault.",
    ),
    "next": (
        "Энэ оны төлөвлөгөө, тайлангаас дараа оны төлөвлөгөө бэлтгэнэ.\n\n"
        "Хавтсанд plan.yaml, decisions.docx, төслийг нь plan.docx болгон бичнэ. Он, хугацааг шилжүүлж, үр дүнг хасна. "
        "Бичвэр доторх он, огноог солихгүй: шийдвэрлэх асуудал болгон саналтай нь жагсаана. Байгаа файлыг дарж "
        "бичихгүй.",
        "Makes next year's plan from this year's plan or report.\n\n"
        "Writes plan.yaml, decisions.docx and the draft, plan.docx, into a folder. Years and periods move, results are "
        "cleared. Years and dates inside texts are not changed but listed, with proposals, as decisions. Files are "
        "never overwritten.",
    ),
    "set": (
        "Өгөгдлийн файлын нэг утгыг байгаа газарт нь солино.\n\n"
        "Тайлбар, дараалал, хашилт хэвээр үлдэнэ. Бичихээс өмнө файлыг бүхэлд нь шалгана; алдаатай бол бичихгүй.",
        "Replaces one value of a data file where it stands.\n\n"
        "Comments, order and quotation marks stay. The whole file is checked before it is written; with errors it is "
        "not.",
    ),
    "read": (
        "planforge-ийн үүсгэсэн Word баримтаас өгөгдлийг нь гаргаж авна.\n\n"
        "Үүсгэснээс хойш засварласан баримтыг уншихгүй, шалтгааныг нь хэлнэ.",
        "Takes the data out of a Word document that planforge made.\n\n"
        "A document that has been edited since is refused with the reason.",
    ),
    "strip": (
        "Word баримтаас дотор нь хадгалсан өгөгдлийг хасна.\n\n"
        "Баримтын харагдах байдал өөрчлөгдөхгүй. Байгууллагаас гадагш явуулахын өмнө хэрэглэнэ.",
        "Takes the embedded data out of a Word document.\n\n"
        "What it shows stays the same. Meant for documents that leave the office.",
    ),
    "evaluate": (
        "Тайланг үнэлж, дундаж хувийг гаргана.\n\n"
        "Арга хэмжээ, зорилт бүрийн хувь, нийт дундаж, түвшин бүрийн тоог хэвлэнэ. ХБ, үнэлээгүй арга хэмжээ дундажид "
        "орохгүй. Эргэлзээтэй зүйлийг анхааруулга болгон хэлнэ. Тайланг өөрчлөхгүй.",
        "Evaluates a report: grades, means, counts.\n\n"
        "Prints the percent of each measure and objective, the mean of all, and how many measures are on each level. "
        "What is not due or not assessed stays outside the means. Doubtful claims are told as warnings. The report "
        "is not changed.",
    ),
    "diff": (
        "Хоёр төлөвлөгөө, эсвэл хоёр тайланг харьцуулж, юу өөрчлөгдсөнийг хэлнэ.\n\n"
        "Өгөгдлийн файл, эсвэл planforge-ийн үүсгэсэн Word баримт өгч болно. Нэмсэн, хассан, зөөсөн мөр, "
        "өөрчилсөн үг, хугацаа, хариуцах нэгж, үр дүн зэрэг бүх ялгааг нэрлэнэ.\n\n"
        "Гаралтын код: 0 ялгаагүй, 1 ялгаатай, 2 харьцуулж чадаагүй.",
        "Compares two plans or two reports and names what changed.\n\n"
        "A is the earlier one, B the later: data files, or Word documents that planforge made. Names what was added, "
        "dropped and moved, the words, periods, bodies and results that changed, and every other field.\n\n"
        "Exit codes: 0 equal, 1 different, 2 not comparable.",
    ),
    "fields": (
        "Загвар, маягтад бичиж болох нэрс, шүүлтүүрийг жагсаана.\n\n"
        "Нэр бүрийн англи, монгол хэлбэр, төрөл, утга, жишээг харуулна. Файлд бичүүлбэл мөр бүрд нэг нэр, таб-аар "
        "тусгаарлана.",
        "Lists the names and filters that templates and layouts may use.\n\n"
        "Each name in English and Mongolian, its type, meaning and an example. Into a file or pipe: one name a line, "
        "set apart by tabs.",
    ),
    "schema": (
        "Өгөгдлийн файлын JSON Schema хэвлэнэ.\n\n"
        "Үүнийг VS Code зэрэг засварлагч программ талбарын нэр санал болгох, алдаа тэмдэглэхэд ашигладаг.",
        "Prints the JSON Schema of a data file.\n\n"
        "Editors such as VS Code use it to suggest the names of fields and to mark faults.",
    ),
    "layout": ("Маягтын файл үүсгэх, шалгах, загвар болгох.", "Makes, checks and builds layouts of forms."),
    "layout new": (
        "Маягтын эхлэл файл үүсгэнэ.\n\n"
        "Баганыг талбарын нэрээр заана; нэрсийг `planforge fields` жагсаана. Гарчиг, өргөнийг нь дараа нь файлд засна. "
        "Байгаа файлыг дарж бичихгүй.",
        "Makes a starter layout of a form.\n\n"
        "Columns are names of fields, which `planforge fields` lists; titles and widths can be edited in the file. A "
        "file that exists is never overwritten.",
    ),
    "layout check": (
        "Маягтын файлыг шалгаж, бүх алдааг нэг дор хэлнэ.",
        "Checks layouts and names every fault at once.",
    ),
    "layout build": (
        "Маягтын файлаас Word загвар үүсгэнэ.\n\n"
        "Загварыг Word программд засаад `render -t` сонголтоор хэрэглэнэ. Байгаа файлыг дарж бичихгүй.",
        "Builds a Word template from a layout.\n\n"
        "Restyle the template in Word and use it with `render -t`. A file that exists is never overwritten.",
    ),
    "sheet": (
        "Нэгжүүдийн тайланг хүснэгтээр цуглуулах: хүснэгт үүсгэх, унших.",
        "Collects the reports of units by workbook: makes workbooks and reads them.",
    ),
    "sheet new": (
        "Төлөвлөгөөнөөс бөглөх хүснэгт (.xlsx) үүсгэнэ.\n\n"
        "Хүснэгтэд нэгж, төлөвлөгөө, гүйцэтгэлийн хуудас, товч заавар орно. --units өгвөл нэгж, арга хэмжээ бүрийн мөр "
        "бэлэн байна. Байгаа файлыг дарж бичихгүй.",
        "Makes a workbook (.xlsx) to fill in, of a plan.\n\n"
        "It has sheets for units, the plan and results, and short instructions; with --units there is a row for each "
        "unit and measure. A file that exists is never overwritten.",
    ),
    "sheet read": (
        "Бөглөсөн хүснэгтээс нэгж бүрийн өгөгдлийн файл үүсгэнэ.\n\n"
        "Бүх хуудасны алдааг нүдтэй нь нэг дор хэлнэ. Алдаатай нэгжийг нэрлэж, алдаагүй нэгжийн файлыг бичнэ. Байгаа "
        "файлыг дарж бичихгүй.",
        "Makes a data file for each unit of a workbook that has been filled in.\n\n"
        "Every fault of every sheet is told with its cell. Units with faults are named, the others are written. Files "
        "that exist are never overwritten.",
    ),
    "templates": ("Бэлэн загварын жагсаалт харах, хуулж авах.", "Lists and copies the built-in templates."),
    "templates list": ("Бэлэн загваруудыг жагсаана.", "Lists the built-in templates."),
    "templates copy": (
        "Бэлэн загварыг Word файл болгон хуулна.\n\n"
        "Хуулсан файлыг Word программд засаад `render -t` сонголтоор хэрэглэнэ. Байгаа файлыг дарж бичихгүй.",
        "Copies a built-in template as a Word file.\n\n"
        "Restyle the copy in Word and use it with `render -t`. A file that exists is never overwritten.",
    ),
    "doctor": (
        "Энэ компьютерт юу байгаа, юу дутуу, түүнийг хэрхэн суулгахыг хэлнэ.",
        "Tells what of what planforge needs is here, what is missing and how to get it.",
    ),
    # Options and arguments: `command.name` where a command needs its own words, else `name`.
    "help": ("Энэ тусламжийг харуулна.", "Show this help."),
    "version": ("Хувилбарыг хэвлэнэ.", "Print the version."),
    "lang": (
        "Хэл: mn эсвэл en. Заагаагүй бол PLANFORGE_LANG, эсвэл системийн хэлээр.",
        "Language: mn or en; by default PLANFORGE_LANG or the language of the system.",
    ),
    "json": ("Программд зориулж JSON хэлбэрээр хэвлэнэ.", "Print JSON for programs."),
    "keys": (
        "Талбарын нэрийн хэл: en (анхдагч) эсвэл mn.",
        "Language of the names of fields: en (default) or mn.",
    ),
    "kind": ("plan (төлөвлөгөө) эсвэл report (тайлан).", "plan or report."),
    "demo.output": ("Баримтуудыг хадгалах хавтас; анхдагч нь demo.", "Folder for the documents; demo by default."),
    "new.out": (
        "Үүсгэх файл; анхдагч нь plan.yaml эсвэл report.yaml.",
        "The file to make; plan.yaml or report.yaml by default.",
    ),
    "render.files": (
        "Төлөвлөгөө, тайлангийн файл. *.yaml гэвэл олныг, «-» гэвэл стандарт оролтыг уншина.",
        "Plans and reports; patterns such as *.yaml name several, “-” is the standard input.",
    ),
    "render.template": (
        "Бэлэн загварын нэр, .docx загвар эсвэл маягтын .yaml файл; анхдагч нь өгөгдлийн төрөлд тохирох plan эсвэл "
        "report.",
        "A built-in template, a .docx file or a layout (.yaml); by default plan for plans and report for reports.",
    ),
    "render.output": (
        "Нэг өгөгдөлд .docx файл, олон өгөгдөлд хавтас; «-» гэвэл стандарт гаралт. Заагаагүй бол өгөгдлийн хажууд.",
        "A .docx file for one input, a folder for several, “-” for the standard output; by default beside the data.",
    ),
    "render.today": (
        "Загварт өнөөдөр гэж хэвлэх огноо, жишээ нь 2024.03.20; анхдагч нь компьютерын огноо.",
        "The date that templates print as today, such as 2024.03.20; the computer's date by default.",
    ),
    "render.no_embed": (
        "Өгөгдлийг баримт дотор хадгалахгүй; `read` команд ийм баримтыг уншихгүй.",
        "Leave the data out of the document; `read` cannot read such a document.",
    ),
    "render.verify": (
        "Баримт бүрийн дотоод бүтцийг бичихээс өмнө шалгаж, загварт байгаагүй алдаатайг бичихгүй.",
        "Check every document as a Word file before it is written; one with faults that its template lacks is not.",
    ),
    "render.pdf": (
        "Баримт бүрийн хажууд PDF файлыг нь мөн үүсгэнэ; LibreOffice, эсвэл Windows дээр Word хэрэгтэй.",
        "Also make a PDF beside each document; needs LibreOffice, or Word on Windows.",
    ),
    "check.files": (
        "Шалгах файл. *.yaml гэвэл олныг, «-» гэвэл стандарт оролтыг шалгана.",
        "Files to check; patterns such as *.yaml name several, “-” is the standard input.",
    ),
    "check.template": (
        "Өгөгдлийг оруулж үзэх загвар: бэлэн загварын нэр, .docx эсвэл маягтын .yaml файл.",
        "Template to try the data in: a built-in one, a .docx file or a layout (.yaml).",
    ),
    "check.schema": (
        "Word загварыг өөрийн pydantic загвараар (module:Model) шалгана; тэр Python модулийг ажиллуулна. Загвар доторх "
        "нэр нь Model-ийн нэр жижиг үсгээр (model), эсвэл нэр=module:Model гэж өгнө. Хэд хэд өгч болно.",
        "Check Word templates against a pydantic model of your own, module:Model; runs that Python module. Its name at "
        "the top of the template is the model's in snake_case, or name=module:Model. May be given several times.",
    ),
    "check.annotate": (
        "Загварын алдаа бүрд тайлбар тавьсан хуулбарын нэр. Байгаа файлыг дарж бичихгүй.",
        "Name of a copy of the template with a comment on each fault. A file that exists is never overwritten.",
    ),
    "next.file": (
        "Төлөвлөгөө, тайлангийн файл эсвэл planforge-ийн үүсгэсэн Word баримт.",
        "A plan or report, or a Word document that planforge made.",
    ),
    "next.year": (
        "Шинэ төлөвлөгөөний (эхний) он; анхдагч нь төлөвлөгөөний сүүлийн оны дараах он.",
        "The (first) year of the new plan; by default the one after the plan's last.",
    ),
    "next.accept": (
        "dates гэвэл бичвэр доторх он, огнооны саналуудыг шууд авна; өөрчилсөн бичвэр бүрийг жагсаана. 2 дугаар сарын "
        "29, хэвээр үлдээх саналыг асуусаар байна.",
        "dates takes the proposals about years and dates in texts; every text that changes is listed. Leap days, and "
        "what is proposed to stay, are asked all the same.",
    ),
    "next.keep": (
        "Үлдээх арга хэмжээ: unfinished (дуусаагүй болон жил бүр давтагддаг), all (бүгд), none (нэг ч үгүй). Үлдсэний "
        "хүрсэн түвшин нь суурь болно. Заагаагүй бол нэгийг ч хасахгүй, санал болгоно.",
        "Measures that stay: unfinished (and those that recur each year), all or none. Levels they reached become "
        "baselines. By default nothing is removed, only proposed.",
    ),
    "next.keep_measure": (
        "--keep юу ч гэсэн үлдээх арга хэмжээний дугаарууд: 1.2,3.1",
        "Numbers of measures that stay whatever --keep says: 1.2,3.1",
    ),
    "next.retire": (
        "--keep юу ч гэсэн хасах арга хэмжээний дугаарууд: 2.3",
        "Numbers of measures that go whatever --keep says: 2.3",
    ),
    "next.template": (
        "Төслийг (plan.docx) үүсгэх загвар: Word файл, маягт (.yaml) эсвэл бэлэн загварын нэр; анхдагч нь plan.",
        "Template of the draft (plan.docx): a Word file, a layout (.yaml) or a built-in one's name; plan by default.",
    ),
    "next.output": (
        "Файлуудыг хадгалах хавтас; анхдагч нь файлын хажууд, оны нэртэй.",
        "Folder for the files; by default beside the file, named by the year.",
    ),
    "set.file": ("Өгөгдлийн YAML файл.", "A data file in YAML."),
    "set.path": (
        "Утгын зам, алдааны мэдээлэлд бичдэгээр: objectives[0].measures[1].text (дугаар 0-ээс).",
        "Path of the value as problems print it: objectives[0].measures[1].text, counting from 0.",
    ),
    "set.value": ("Шинэ утга.", "The new value."),
    "check.format": (
        "Хэлбэр: text (анхдагч), table (хүснэгт), short (мөр бүрд нэг), json, sarif, github.",
        "The form: text (default), table, short (a line each), json, sarif, github.",
    ),
    "check.select": (
        "Зөвхөн ингэж эхэлсэн кодууд, таслалаар: PF2,PF33.",
        "Only codes that begin so, with commas: PF2,PF33.",
    ),
    "check.ignore": (
        "Ингэж эхэлсэн кодуудыг орхих, таслалаар.",
        "Leave out codes that begin so, with commas.",
    ),
    "explain": (
        "Алдааны код юу гэсэн үг, яаж засахыг тайлбарлана.\n\nКод заагаагүй бол бүх кодыг бүлгээр нь жагсаана.",
        "Says what the code of a problem means and how to mend it.\n\nWithout a code it lists all of them by group.",
    ),
    "explain.code": ("Алдааны код, жишээ нь PF203.", "A code such as PF203."),
    "read.doc": ("Word баримт; «-» гэвэл стандарт оролт.", "A Word document; “-” is the standard input."),
    "read.output": (
        "Үүсгэх өгөгдлийн файл; заагаагүй бол дэлгэцэд хэвлэнэ. Байгаа файлыг дарж бичихгүй.",
        "Data file to make, on the standard output by default; a file that exists is never overwritten.",
    ),
    "strip.doc": ("Word баримт; «-» гэвэл стандарт оролт.", "A Word document; “-” is the standard input."),
    "strip.output": (
        "Үүсгэх файл; анхдагч нь баримтын хажууд -stripped гэсэн төгсгөлтэй. «-» гэвэл стандарт гаралт.",
        "File to make; by default beside the document with -stripped in its name. “-” is the standard output.",
    ),
    "evaluate.file": (
        "Тайлангийн файл, эсвэл planforge-ийн үүсгэсэн Word баримт; «-» гэвэл стандарт оролт.",
        "A report, or a Word document that planforge made; “-” is the standard input.",
    ),
    "evaluate.scale": (
        "Үнэлгээний шатлал: GOV4 (анхдагч), GOV4_40, MOF8, ANY (ямар ч хувь), эсвэл өөрийн шатлалын .yaml файл.",
        "The scale: GOV4 (default), GOV4_40, MOF8, ANY (any percent), or a .yaml file with a scale of your own.",
    ),
    "evaluate.overall": (
        "Нийт дунджийг арга хэмжээгээр (items, анхдагч) эсвэл зорилт, бүлгийн дунджаар (sections) гаргана.",
        "Take the mean over measures (items, default) or over the means of sections (sections).",
    ),
    "evaluate.rounding": (
        "Бүхэлдүүлэх: half_up (анхдагч) эсвэл cut (илүү оронг таслах).",
        "Round half_up (default) or cut the rest off.",
    ),
    "evaluate.decimals": (
        "Дундаж, эзлэх хувийн аравтын орны тоо; анхдагч нь 1.",
        "Decimals of means and shares; 1 by default.",
    ),
    "diff.before": ("Өмнөх файл; «-» гэвэл стандарт оролт.", "The earlier file; “-” is the standard input."),
    "diff.after": ("Шинэ файл; «-» гэвэл стандарт оролт.", "The later file; “-” is the standard input."),
    "format": (
        "Хэлбэр: text (бичвэр), html (хэвлэж болох хуудас), docx (Word баримт), json (программд). Заагаагүй бол "
        "гаралтын файлын төгсгөлөөр, эсвэл text.",
        "text, html (a page to print), docx (a Word document) or json (for programs); by default as the output's name "
        "ends, else text.",
    ),
    "diff.output": (
        "Үүсгэх файл, ийм нэртэй файл байвал солино; заагаагүй бол дэлгэцэд хэвлэнэ.",
        "File to make, replaced if it exists; printed by default.",
    ),
    "fields.path": (
        "Үүний доторхыг л жагсаана, жишээ нь арга_хэмжээ.үр_дүн.",
        "List only what this means, such as measure.result.",
    ),
    "layout new.out": ("Үүсгэх файл; анхдагч нь layout.yaml.", "The file to make; layout.yaml by default."),
    "layout new.columns": (
        "Баганын талбарууд, таслалаар: дугаар,бичвэр,хугацаа. Заагаагүй бол түгээмэл баганууд.",
        "Fields of the columns, with commas: number,text,period. The usual columns by default.",
    ),
    "layout new.rows": (
        "Өөрийн мөртэй түвшин, таслалаар; анхдагч нь measure (арга хэмжээ).",
        "Levels with rows of their own, with commas; measure by default.",
    ),
    "layout new.sections": (
        "Бүх баганыг дамнасан мөрөөр хэвлэх түвшин, жишээ нь зорилт.",
        "Levels printed as a row over all columns, such as objective.",
    ),
    "for": (
        "Юуны маягт вэ: plan (анхдагч) эсвэл report.",
        "What the form is for: plan (default) or report.",
    ),
    "page": (
        "Хуудас: portrait (босоо, анхдагч) эсвэл landscape (хэвтээ).",
        "The page: portrait (default) or landscape.",
    ),
    "layout check.files": (
        "Маягтын файл. *.yaml гэвэл олныг, «-» гэвэл стандарт оролтыг шалгана.",
        "Layouts; patterns such as *.yaml name several, “-” is the standard input.",
    ),
    "layout build.file": ("Маягтын файл; «-» гэвэл стандарт оролт.", "A layout; “-” is the standard input."),
    "layout build.output": (
        "Үүсгэх .docx файл эсвэл байгаа хавтас; анхдагч нь маягтын хажууд. «-» гэвэл стандарт гаралт.",
        "The .docx file to make, or a folder; by default beside the layout. “-” is the standard output.",
    ),
    "sheet new.plan": (
        "Төлөвлөгөөний өгөгдлийн файл; «-» гэвэл стандарт оролт.",
        "Data file of the plan; “-” is the standard input.",
    ),
    "sheet new.output": (
        "Үүсгэх .xlsx файл эсвэл байгаа хавтас; анхдагч нь төлөвлөгөөний хажууд. «-» гэвэл стандарт гаралт.",
        "The .xlsx file to make, or a folder; by default beside the plan. “-” is the standard output.",
    ),
    "sheet new.units": (
        "Нэгжүүд: мөр бүрд нэг нэртэй бичвэр файл, эсвэл «Нэгж» хуудастай хүснэгт.",
        "The units: a text file with one name a line, or a workbook with a sheet of units.",
    ),
    "sheet read.workbook": (
        "Хүснэгт: .xlsx, .ods, .xls эсвэл CSV UTF-8; «-» гэвэл стандарт оролт.",
        "Workbook: .xlsx, .ods, .xls or CSV UTF-8; “-” is the standard input.",
    ),
    "sheet read.plan": (
        "Төлөвлөгөөний өгөгдлийн файл, хүснэгтэд «Төлөвлөгөө» хуудас байхгүй бол.",
        "Data file of the plan, if the workbook has no sheet of the plan.",
    ),
    "sheet read.output": (
        "Файлуудыг бичих хавтас; анхдагч нь хүснэгтийн хажууд, түүний нэрээр.",
        "Folder for the files; by default beside the workbook, under its name.",
    ),
    "schema.output": ("Үүсгэх файл; заагаагүй бол дэлгэцэд хэвлэнэ.", "File to make; printed by default."),
    "templates copy.name": ("Бэлэн загварын нэр.", "Name of a built-in template."),
    "templates copy.out": ("Үүсгэх .docx файл эсвэл байгаа хавтас.", "The .docx file to make, or a folder."),
}

EXAMPLES: dict[str, tuple[str, ...]] = {
    "planforge": ("planforge demo", "planforge new plan", "planforge render plan.yaml"),
    "demo": ("planforge demo -o demo",),
    "new": ("planforge new plan", "planforge new report 2024/report.yaml"),
    "render": (
        "planforge render plan.yaml",
        "planforge render plan.yaml --pdf",
        "planforge render units/*.yaml -t form.docx -o out",
    ),
    "batch": (
        "planforge batch units.xlsx -o reports",
        "planforge batch units.jsonl --plan plan.yaml -o reports --jobs 2 --pdf",
    ),
    "check": (
        "planforge check plan.yaml form.docx",
        "planforge check form.docx --format table --ignore PF333",
        "planforge check -t form.docx *.yaml --json",
        "planforge check form.docx --annotate faults.docx",
        "planforge check invoice.docx --schema shop.models:Invoice",
    ),
    "explain": ("planforge explain PF203", "planforge explain"),
    "next": ("planforge next report.yaml --year 2027 -o 2027",),
    "set": ("planforge set plan.yaml objectives[0].measures[1].period 2026.03.20-2026.12.01",),
    "read": ("planforge read plan.docx -o plan.yaml",),
    "strip": ("planforge strip plan.docx",),
    "evaluate": ("planforge evaluate report.yaml", "planforge evaluate report.yaml --scale MOF8 --overall sections"),
    "diff": ("planforge diff 2024/plan.yaml 2025/plan.yaml", "planforge diff plan.docx plan.yaml -o changes.html"),
    "fields": ("planforge fields", "planforge fields measure.result"),
    "doctor": ("planforge doctor", "planforge doctor --json"),
    "layout new": (
        "planforge layout new form.yaml",
        "planforge layout new form.yaml --columns number,text,criteria,period --sections objective",
    ),
    "layout check": ("planforge layout check form.yaml",),
    "layout build": ("planforge layout build form.yaml -o form.docx",),
    "sheet new": ("planforge sheet new plan.yaml --units units.txt -o units.xlsx",),
    "sheet read": ("planforge sheet read units.xlsx -o units",),
    "schema": ("planforge schema plan -o plan.schema.json",),
    "templates copy": ("planforge templates copy plan form.docx",),
}

WORDS: dict[str, tuple[str, str]] = {
    "usage": ("Хэрэглээ:", "Usage:"),
    "arguments": ("Өгөх утга", "Arguments"),
    "options": ("Сонголт", "Options"),
    "commands": ("Команд", "Commands"),
    "examples": ("Жишээ", "Examples"),
    "[OPTIONS]": ("[СОНГОЛТ]", "[OPTIONS]"),
    "COMMAND": ("КОМАНД", "COMMAND"),
    "FILE": ("ФАЙЛ", "FILE"),
    "FILE...": ("ФАЙЛ...", "FILE..."),
    "FOLDER": ("ХАВТАС", "FOLDER"),
    "OUT": ("ГАРАЛТ", "OUT"),
    "[OUT]": ("[ГАРАЛТ]", "[OUT]"),
    "TEMPLATE": ("ЗАГВАР", "TEMPLATE"),
    "NAME": ("НЭР", "NAME"),
    "DATE": ("ОГНОО", "DATE"),
    "LANG": ("ХЭЛ", "LANG"),
    "KIND": ("ТӨРӨЛ", "KIND"),
    "[PATH]": ("[ЗАМ]", "[PATH]"),
    "NAMES": ("НЭРС", "NAMES"),
    "NUMBERS": ("ДУГААРУУД", "NUMBERS"),
    "LEVEL": ("ТҮВШИН", "LEVEL"),
    "PAGE": ("ХУУДАС", "PAGE"),
    "LAYOUT": ("МАЯГТ", "LAYOUT"),
    "LAYOUT...": ("МАЯГТ...", "LAYOUT..."),
    "DOC": ("БАРИМТ", "DOC"),
    "YEAR": ("ОН", "YEAR"),
    "PATH": ("ЗАМ", "PATH"),
    "VALUE": ("УТГА", "VALUE"),
    "SOURCE": ("ЭХ", "SOURCE"),
    "PLAN": ("ТӨЛӨВЛӨГӨӨ", "PLAN"),
    "PATTERN": ("ЗАГВАР", "PATTERN"),
    "UNITS": ("НЭГЖҮҮД", "UNITS"),
    "NUMBER": ("ТОО", "NUMBER"),
    "ADDRESS": ("ХАЯГ", "ADDRESS"),
    "SCHEMA": ("СХЕМ", "SCHEMA"),
    "REPORT": ("ТАЙЛАН", "REPORT"),
    "SCALE": ("ШАТЛАЛ", "SCALE"),
    "WORD": ("ҮГ", "WORD"),
    "N": ("ТОО", "N"),
    "A": ("ӨМНӨХ", "A"),
    "B": ("ШИНЭ", "B"),
    "FORMAT": ("ХЭЛБЭР", "FORMAT"),
    "WORKBOOK": ("ХҮСНЭГТ", "WORKBOOK"),
    "CODES": ("КОДУУД", "CODES"),
    "[CODE]": ("[КОД]", "[CODE]"),
}

PHRASES: dict[str, tuple[str, str]] = {
    "error": ("алдаа", "error"),
    "warning": ("анхааруулга", "warning"),
    "note": ("мэдээлэл", "note"),
    "more_errors": ("… дахин {count} алдаа байна.", "… and {count} more errors."),
    "more_warnings": ("… дахин {count} анхааруулга байна.", "… and {count} more warnings."),
    "more_notes": ("… дахин {count} мэдээлэл байна.", "… and {count} more notes."),
    "notes": ("{count} мэдээлэл", "{count} notes"),
    "notes_one": ("{count} мэдээлэл", "{count} note"),
    "files": ("{count} файл", "{count} files"),
    "files_one": ("{count} файл", "{count} file"),
    "warnings": ("{count} анхааруулга", "{count} warnings"),
    "warnings_one": ("{count} анхааруулга", "{count} warning"),
    "errors": ("{count} алдаа", "{count} errors"),
    "errors_one": ("{count} алдаа", "{count} error"),
    "not_made": ("{file}: алдаатай тул баримт үүсгээгүй.", "{file}: no document was made because of the errors."),
    "annotated": (
        "Алдаа бүрд тайлбар тавьсан хуулбар: {file}",
        "A copy with a comment on each fault: {file}",
    ),
    "not_annotated": (
        "Тайлбар тавих алдаа олдсонгүй. Тайлбаргүй хуулбар: {file}",
        "There was nothing to comment on. A copy without comments: {file}",
    ),
    "elsewhere": (
        "Дараах алдааны байрлалд тайлбар тавих боломжгүй тул энд жагсаав:",
        "There can be no comment where these faults stand, so they are listed here:",
    ),
    "unit_not_made": (
        "{unit}: алдаатай тул өгөгдлийн файл бичээгүй.",
        "{unit}: no data file was written because of errors.",
    ),
    "units_not_made": (
        "Өөртөө алдаагүй {count} нэгжийн файлыг ч бичээгүй: дээрх алдаа бүх нэгжид хамаарна.",
        "No data file was written for {count} units without errors of their own: what is wrong above concerns all.",
    ),
    "sheet_new": (
        "Excel эсвэл LibreOffice программаар бөглөнө. Дараа нь: planforge sheet read {file}",
        "Fill it in with Excel or LibreOffice. Then: planforge sheet read {file}",
    ),
    "made": ("загвар: {template}, хэмжээ: {size} КБ", "template: {template}, size: {size} KB"),
    "demo": (
        "Word программаар нээж үзнэ үү. Өөрийн төлөвлөгөөгөө эхлэх бол: planforge new plan",
        "Open them in Word. To begin a plan of your own: planforge new plan",
    ),
    "new": (
        "Засаад баримт болгох бол: planforge render {file}",
        "Edit it, then make the document: planforge render {file}",
    ),
    "layout": (
        "Засаад баримт болгож үзэх бол: planforge render {data} -t {file}",
        "Edit it, then try it on data: planforge render {data} -t {file}",
    ),
    "fine": ("зүгээр", "fine"),
    "code": ("Код", "Code"),
    "place": ("Газар", "Place"),
    "explain_what": ("Юу болсон бэ:", "What it says:"),
    "explain_why": ("Яагаад чухал вэ:", "Why it matters:"),
    "explain_case": ("Хамгийн бага жишээ:", "The smallest case:"),
    "explain_remedy": ("Яаж засах вэ:", "What to do:"),
    "why_error": (
        "Энэ бол алдаа: засах хүртэл ажил үргэлжлэхгүй.",
        "This is an error: the work does not go on until it is mended.",
    ),
    "why_warning": (
        "Энэ бол анхааруулга: баримт гарна, харин гарсан нь хүссэнтэй чинь таарахгүй байж болно.",
        "This is a warning: a document is made, but it may not be what was wanted.",
    ),
    "why_note": (
        "Энэ бол мэдээлэл: зүгээр байж болно, зөвхөн мэдэж байхад хэрэгтэй.",
        "This is a note: all may be well, it only tells something.",
    ),
    "check": ("Шалгасан зүйл", "Check"),
    "found": ("Олдсон нь", "Found"),
    "doctor_ready": ("planforge ажиллахад бэлэн байна.", "planforge is ready for work."),
    "doctor_not_ready": ("planforge ажиллахад бэлэн биш байна.", "planforge is not ready for work."),
    "doctor_python": ("Python хэл", "Python"),
    "doctor_planforge": ("planforge-ийн хувилбар", "planforge"),
    "doctor_packages": ("Багцууд", "Packages"),
    "doctor_clashes": ("Багцын давхцал", "Clashing packages"),
    "doctor_compression": ("Шахалт", "Compression"),
    "doctor_office": ("PDF хийх программ", "Program for PDFs"),
    "doctor_fonts": ("Монгол үсэгтэй фонт", "Font with Mongolian letters"),
    "doctor_encoding": ("Дэлгэцийн кодчилол", "Encoding of the terminal"),
    "doctor_current": ("Одоогийн хавтас", "Current folder"),
    "doctor_temporary": ("Түр хавтас", "Temporary folder"),
    "doctor_none": ("алга", "none"),
    "doctor_clash": ("байна", "some"),
    "doctor_no_clash": ("алга", "none"),
    "doctor_no_metadata": ("мэдээлэл алга: эх кодоосоо ажиллаж байна", "not known: it runs from its source"),
    "doctor_zlib": (
        "zlib; 2 дахин хурдасгах бол: python -m pip install zlib-ng",
        "zlib; for twice the speed: python -m pip install zlib-ng",
    ),
    "doctor_no_fc_list": ("fc-list программ алга", "there is no program fc-list"),
    "unchecked": ("шалгаагүй", "not checked"),
    "doctor_free": ("{folder}, сул зай {free} МБ", "{folder}, {free} MB free"),
    "get_office_linux": (
        "Суулгах (Debian, Ubuntu): sudo apt install libreoffice-writer-nogui, эсвэл libreoffice-writer",
        "On Debian and Ubuntu: sudo apt install libreoffice-writer-nogui, or libreoffice-writer",
    ),
    "get_office_windows": (
        "Word байгаа бол: python -m pip install pywin32. Байхгүй бол LibreOffice суулгана: www.libreoffice.org",
        "Where Word is installed: python -m pip install pywin32. Else install LibreOffice: www.libreoffice.org",
    ),
    "get_office_macos": (
        "LibreOffice суулгана: www.libreoffice.org, эсвэл brew install --cask libreoffice",
        "Install LibreOffice: www.libreoffice.org, or brew install --cask libreoffice",
    ),
    "get_fonts_linux": (
        "Суулгах (Debian, Ubuntu): sudo apt install fonts-liberation2, шинэ хувилбарт fonts-liberation",
        "On Debian and Ubuntu: sudo apt install fonts-liberation2, in newer ones fonts-liberation",
    ),
    "get_fonts_windows": ("Windows-ийн Arial фонтыг сэргээнэ үү.", "Restore the font Arial of Windows."),
    "get_fonts_macos": (
        "Liberation фонт суулгана: brew install --cask font-liberation",
        "Install the Liberation fonts: brew install --cask font-liberation",
    ),
    "get_utf8_windows": ("Командын мөрөнд бичнэ: chcp 65001", "Write on the command line: chcp 65001"),
    "get_utf8": (
        "Терминалд бичнэ: export LC_ALL=C.UTF-8",
        "Write in the terminal: export LC_ALL=C.UTF-8",
    ),
    "next": (
        "Хүн шийдвэрлэх зүйл: {decide}. Өөрчлөлт: {changes}. Бүгдийг decisions.docx баримтад жагсааж, plan.yaml дотор "
        "{marked} мөрийг «ШИЙДЭХ:» гэж тэмдэглэв.",
        "Decisions to take: {decide}. Changes: {changes}. All are listed in decisions.docx; marked in plan.yaml: "
        "{marked}.",
    ),
    "next_unmarked": (
        "Хүн шийдвэрлэх зүйл: {decide}. Өөрчлөлт: {changes}. Бүгдийг decisions.docx баримтад жагсаав.",
        "Decisions to take: {decide}. Changes: {changes}. All are listed in decisions.docx.",
    ),
    "next_none": (
        "Хүн шийдвэрлэх асуудал гарсангүй. Өөрчлөлт: {changes}, decisions.docx баримтад жагсаав.",
        "No decisions to take. Changes: {changes}, listed in decisions.docx.",
    ),
    "equal": ("Ялгаа алга.", "No differences."),
    "spelling": (
        "Бичлэгийн {count} анхааруулга бий: `planforge check` нэг бүрчлэн хэлнэ.",
        "{count} warnings about spelling: `planforge check` tells them.",
    ),
    "spelling_one": (
        "Бичлэгийн {count} анхааруулга бий: `planforge check` хэлнэ.",
        "{count} warning about spelling: `planforge check` tells it.",
    ),
    "changes": ("{count} өөрчлөлт.", "{count} changes."),
    "changes_one": ("{count} өөрчлөлт.", "{count} change."),
    "stopped": ("Зогсоолоо.", "Stopped."),
    "batch_folder": (
        "{done} шинээр, {unchanged} хэвээр, {failed} алдаатай. Хавтас: {output}",
        "{done} made, {unchanged} unchanged, {failed} failed. In {output}",
    ),
    "batch_archive": (
        "{done} шинээр, {failed} алдаатай. Архив: {output}",
        "{done} made, {failed} failed. In {output}",
    ),
    "batch_no_archive": (
        "Нэг ч баримт гараагүй тул {output} файлыг үүсгэсэнгүй, сольсонгүй.",
        "No document was made, so {output} was neither made nor replaced.",
    ),
    "batch_trial": (
        "Туршилт: {done} шинээр гарна, {unchanged} хэвээр үлдэнэ, {failed} алдаатай. Юу ч бичээгүй: {output}",
        "A trial: {done} would be made, {unchanged} stay unchanged, {failed} fail. Nothing was written: {output}",
    ),
    "batch_pdfs": (
        "PDF: {done} шинээр, {unchanged} хэвээр, {failed} алдаатай.",
        "PDF: {done} made, {unchanged} unchanged, {failed} failed.",
    ),
    "batch_stopped_folder": (
        "Зогсоолоо: {total} нэгжээс {done} бэлэн. Ижил тушаалыг дахин өгвөл үлдсэнийг нь хийнэ.",
        "Stopped: {done} of {total} units are ready. The same command again does the rest.",
    ),
    "batch_stopped_archive": (
        "Зогсоолоо: архив бүтэн болтлоо үүсдэггүй тул юу ч үлдээгүй. Ижил тушаалыг дахин өгвөл {total} нэгжийг бүгдийг "
        "шинээр хийнэ.",
        "Stopped: an archive appears only when it is whole, so nothing is kept. The same command again makes all of "
        "the {total} units.",
    ),
    "batch_stopped_trial": (
        "Зогсоолоо: {total} нэгжээс {done} нь шалгагдсан. Юу ч бичээгүй.",
        "Stopped: {done} of {total} units were tried. Nothing was written.",
    ),
    "more_batch_warnings": (
        "… ижил агуулгатайг нь оруулаад дахин {count} анхааруулга байна. Бүгдийг --json сонголт хэлнэ.",
        "… and {count} more warnings, those that say the same among them. --json tells all.",
    ),
    "kept_warnings": (
        "Хэвээр үлдсэн баримтууд {count} анхааруулгатай. Дахин харах бол --force сонголт хэрэглэнэ.",
        "The documents that stay unchanged have {count} warnings. --force shows them again.",
    ),
    "no_address": ("хаяг буруу бичигдсэн", "this is no address"),
    "more_units": ("… дахин {count} нэгж алдаатай.", "… and {count} more units failed."),
    "rate": ("{count} нэгж/с", "{count} units/s"),
    "unit": ("Нэгж", "Unit"),
    "state": ("Төлөв", "State"),
    "warnings_head": ("Анхааруулга", "Warnings"),
    "file": ("Файл", "File"),
    "done": ("бэлэн", "made"),
    "would_be_done": ("гарна", "would be made"),
    "unchanged": ("хэвээр", "unchanged"),
    "failed": ("алдаатай", "failed"),
    "template": ("Загвар", "Template"),
    "for": ("Юунд зориулсан", "For"),
    "name": ("Англи нэр", "Name"),
    "name_mn": ("Монгол нэр", "Mongolian"),
    "type": ("Төрөл", "Type"),
    "meaning": ("Утга", "Meaning"),
    "example": ("жишээ нь {example}", "such as {example}"),
    "filter": ("шүүлтүүр", "filter"),
    "plan": ("төлөвлөгөө", "plans"),
    "report": ("тайлан", "reports"),
    "level": ("Түвшин", "Level"),
    "count": ("Тоо", "Count"),
    "share": ("Эзлэх хувь", "Share"),
    "did_you_mean": ("«{near}» гэх гэсэн үү?", "Did you mean “{near}”?"),
    "schema_form": ("module:Model хэлбэртэй биш байна", "it has not the form module:Model"),
    "schema_twice": ("«{name}» нэр хоёр удаа өгөгдсөн", "the name “{name}” is given twice"),
    "schema_template": ("энэ нь Word загвар биш: {file}", "this is no Word template: {file}"),
    "schema_alone": ("-t сонголттой хамт хэрэглэхгүй", "it does not go with -t"),
    "see_help": ("Тусламж: {command} --help", "See {command} --help"),
}

GROUPS: dict[str, tuple[str, str]] = {
    "1": ("Өгөгдлийн файл", "Data files"),
    "2": ("Загвар, багц", "Templates, layouts, packages"),
    "3": ("Загвар ба өгөгдөл", "A template against its data"),
    "4": ("Салбарын дүрэм", "Domain rules"),
    "5": ("Гаралт", "Output"),
    "6": ("Баримт унших", "Reading documents"),
    "7": ("Орчин", "Environment"),
}
"""The groups of problems, by the first digit of their codes."""

STARTERS: dict[str, str] = {
    "plan": """\
# yaml-language-server: $schema=plan.schema.json
planforge: plan/1
# Төлөвлөгөөний эхлэл файл: доорх жишээ үгсийн оронд өөрийнхийгөө бичнэ үү.
# «#» тэмдгээс хойшхи тайлбар баримтад хэвлэгдэхгүй. Хэрэггүй мөрийг устгаж болно.
# Эхний мөр нь засварлагч программд (VS Code) талбарын нэрийг санал болгуулна. Схемийг нэг удаа ингэж үүсгэнэ:
#   planforge schema plan -o plan.schema.json

title: Авлигын эсрэг үйл ажиллагааны төлөвлөгөө  # байгууллагын нэр, онгүйгээр бичнэ
year: {year}
owner: Төрийн байгууллага  # төлөвлөгөө хэнийх вэ
period: {year}.01.01-{year}.12.31  # төлөвлөгөөг хэрэгжүүлэх хугацаа

approval:
  kind: approved  # БАТЛАВ; ЗӨВШӨӨРӨВ бол consented
  person:
    position: БАЙГУУЛЛАГЫН ДАРГА
    name: О.НЭР

defaults:
  period: Жилдээ  # өөрийн хугацаагүй арга хэмжээ бүрд хэвлэнэ

# Зорилт, арга хэмжээний дугаарыг бичих шаардлагагүй: байрлалаас нь гаргана.
objectives:
- text: Эхний зорилтын нэр
  measures:
  - text: Эхний арга хэмжээ
    criteria:
    - Эхний шалгуур үзүүлэлт
    - Хоёр дахь шалгуур үзүүлэлт
    outcome: Хүрэх түвшин, үр дүн
    # responsible: Хариуцах нэгж  (хариуцах багана бүхий маягтад)
  - text: Хоёр дахь арга хэмжээ
    period: 2 дугаар улирал
    criteria:
    - Шалгуур үзүүлэлт
    outcome: Хүрэх түвшин, үр дүн
""",
    "report": """\
# yaml-language-server: $schema=report.schema.json
planforge: report/1
# Тайлангийн эхлэл файл: доорх жишээ үгсийн оронд өөрийнхийгөө бичнэ үү.
# «#» тэмдгээс хойшхи тайлбар баримтад хэвлэгдэхгүй. Хэрэггүй мөрийг устгаж болно.
# Эхний мөр нь засварлагч программд (VS Code) талбарын нэрийг санал болгуулна. Схемийг нэг удаа ингэж үүсгэнэ:
#   planforge schema report -o report.schema.json

{plan}
as_of: {year} оны жилийн эцэс  # хэдийний байдлаар

# Арга хэмжээний дугаар бүрийн доор биелэлтийг бичнэ:
#   reached      хүрсэн түвшин, үр дүн
#   percent      хэрэгжилтийн хувь, 0-100
#   status       хувийн оронд: ХБ (хугацаа болоогүй), үнэлэх боломжгүй, үнэлээгүй
#   spent        зарцуулсан хөрөнгө
#   attachments  хавсралт, жишээ нь {{files: 1, pictures: 8}}
results:
{results}""",
    "report_plan": """\
# Төлөвлөгөө нь тусдаа файл бол энэ хэсгийн оронд нэг мөр бичнэ: «plan: plan.yaml»
plan:
  title: Авлигын эсрэг үйл ажиллагааны төлөвлөгөө
  year: {year}
  owner: Төрийн байгууллага
  defaults:
    period: Жилдээ
  objectives:
  - text: Эхний зорилтын нэр
    measures:
    - text: Эхний арга хэмжээ
      criteria:
      - Шалгуур үзүүлэлт
      outcome: Хүрэх түвшин, үр дүн
""",
    "report_results": """\
  1.1:
    reached: Хийсэн ажил, хүрсэн үр дүн
    percent: 100
""",
    "report_plan_beside": "plan: plan.yaml\n",
    "ambiguous": """\
  # {number}: ийм дугаартай арга хэмжээ олон байна. Төлөвлөгөөнд нь id өгч, биелэлтийг id-гаар бичнэ үү.
  #   {text}
""",
}
"""Starter files, in Mongolian whatever the language of the command: they become the officer's own."""


def say(table: dict[str, tuple[str, str]], key: str, lang: Lang, **args: object) -> str:
    """The words of a table in a language."""
    words = table[key][0 if lang == "mn" else 1]
    return words.format(**args) if args else words
